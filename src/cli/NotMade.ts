/** A server that the container could not make, for a reason in a learner's words. */
export class NotMade extends Error {
  override readonly name = 'NotMade';
}
