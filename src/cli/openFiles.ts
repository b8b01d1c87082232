/** How many open files a server needs besides its connections: its own, and those of the log. */
const RESERVED = 32;

/**
 * As many of the wanted connections as the system's limit on open files allows. This is the hard limit
 * (`ulimit -Hn`): when Node starts, it raises the soft limit to it.
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
