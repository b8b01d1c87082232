/** A run that is kept in the page itself. */
import type { TraceRecord } from '../../../src/trace/record';
import { Model } from './Model';
import { type Sources, Viewer } from './Viewer';

interface Kept {
  readonly records: readonly TraceRecord[];
  readonly sources: Sources;
}

const kept = JSON.parse(document.getElementById('run')?.textContent ?? '') as Kept;
new Viewer(Model.of(kept.records), kept.sources);
