import type { CallRecord, TraceRecord } from '../../src/trace/record';

/** The calls that have begun and are not over. */
export function openCalls(records: readonly TraceRecord[]): CallRecord[] {
  const open = new Map<string, CallRecord>();
  for (const record of records) {
    if (record.type !== 'call') continue;
    if (record.phase === 'call') open.set(record.id, record);
    else open.delete(record.id);
  }
  return [...open.values()];
}
