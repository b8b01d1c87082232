const opened: (() => unknown)[] = [];

/** Says how to close what a test has just opened. */
export function afterwards(close: () => unknown): void {
  opened.push(close);
}

/** Closes all that the test has opened, the last first. For `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}
