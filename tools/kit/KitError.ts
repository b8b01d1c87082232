/** The kit itself could not run: exit code 2, told apart from a stage that failed. */
export class KitError extends Error {
  override readonly name = 'KitError';
}
