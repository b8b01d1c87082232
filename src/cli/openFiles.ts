/** What a server needs beside its connections: its own files, and those of the log being written. */
const RESERVED = 32;

/**
 * As many of the wanted connections as the system's limit on open files leaves room for. That is the hard
 * limit (`ulimit -Hn`): Node raises the soft one to it when it starts.
 */
export function affordableConnections(wanted: number): number {
  const limit = openFileLimit();
  return Math.max(1, Math.min(wanted, limit - RESERVED));
}

function openFileLimit(): number {
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files: { soft: number | 'unlimited' } };
  };
  const soft = userLimits?.open_files.soft; // Windows has no such limit
  return typeof soft === 'number' ? soft : Infinity;
}
