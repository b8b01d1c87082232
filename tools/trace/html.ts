import type { TraceRecord } from '../../src/trace/record';
import { rowsOf } from '../../src/trace/Reducer';
import { escapeHtml } from '../lab/escapeHtml';
import { dataUrl, fill, highlighted, json, moduleOf, MODULES, sourcesOf } from '../page/html';

const MAIN = 'tools/page/browser/kept';
const HINT =
  '<p class="hint">Arrow keys, or a click on a row: look at one call after the other.</p>';

/** A run as one self-contained page: for a report, a lecture, a web site. */
export function toHtml(records: readonly TraceRecord[], title: string): string {
  const modules = [...MODULES, MAIN];
  const imports = Object.fromEntries(
    modules.map((name) => [`lab/${name}`, dataUrl(moduleOf(name))]),
  );
  const scripts = [
    `<script type="application/json" id="run">${json({ records, sources: sourcesOfRun(records) })}</script>`,
    `<script type="importmap">${json({ imports })}</script>`,
    `<script type="module">import 'lab/${MAIN}';</script>`,
  ];
  return fill({ title: escapeHtml(title), controls: HINT, scripts: scripts.join('\n') });
}

/** The files that contain the calls of a run, line by line. */
export function sourcesOfRun(records: readonly TraceRecord[]): Record<string, string[]> {
  return { ...sourcesOf(filesIn(records)), ...keptSources(records) };
}

/** Those of a student's program, which are in the trace. */
function keptSources(records: readonly TraceRecord[]): Record<string, string[]> {
  const kept = records.flatMap((record) => (record.type === 'source' ? [record] : []));
  return Object.fromEntries(kept.map(({ file, text }) => [file, highlighted(text, file)]));
}

/** The files that contain the calls of a run. */
function filesIn(records: readonly TraceRecord[]): string[] {
  return rowsOf(records)
    .flatMap(({ client, server }) => [client?.at, client?.lab, server?.at, server?.lab])
    .flatMap((line) => (line ? [line.file] : []));
}
