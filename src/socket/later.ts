/** The longest time (ms) that fits into a timer of Node's. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls back after `ms` milliseconds, and not before the event loop has looked at the sockets once more.
 * Otherwise, after the loop was held up (a busy machine, a closed lid), timers would fire before bytes that
 * came long ago are read.
 * @returns a function that cancels it.
 */
export function later(ms: number, callback: () => void): () => void {
  const due = performance.now() + ms;
  let timer: NodeJS.Timeout;
  let look: NodeJS.Immediate | undefined;
  const wait = () => {
    const left = Math.min(Math.max(due - performance.now(), 0), LONGEST_MS);
    // Node runs immediates just after it has looked at the sockets.
    timer = setTimeout(() => (look = setImmediate(decide)), left);
  };
  const decide = () => {
    // A timer counts from the beginning of the turn in which it was set, so it may be early.
    if (performance.now() < due) wait();
    else callback();
  };
  wait();
  return () => {
    clearTimeout(timer);
    clearImmediate(look);
  };
}
