/** A reader of our output that goes away (`| head -1`) must not end the program. */
export function survivePipes(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', () => undefined);
  }
}
