/** A run that is kept in the page itself. */
import type { TraceRecord } from '../../../src/trace/record';
import { Model } from './model';
import { type Sources, Viewer } from './viewer';

interface Kept {
  readonly records: readonly TraceRecord[];
  readonly sources: Sources;
}

const kept = JSON.parse(document.getElementById('run')?.textContent ?? '') as Kept;
new Viewer(Model.of(kept.records), kept.sources);
