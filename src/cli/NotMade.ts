/** A server that the container could not create, and why, in plain words. */
export class NotMade extends Error {
  override readonly name = 'NotMade';
}
