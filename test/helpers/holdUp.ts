/** Blocks the event loop for this many ms: no timer fires, and no socket is checked. */
export function holdUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
