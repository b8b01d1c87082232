/** Holds up the event loop: no timer fires and no socket is looked at for so long. */
export function holdUp(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}
