const opened: (() => unknown)[] = [];

/** Says how to close what a test has just opened. */
export function afterwards(close: () => unknown): void {
  opened.push(close);
}

/** Closes all that the test has opened, the last first. For `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (let close = opened.pop(); close; close = opened.pop()) await close();
}
