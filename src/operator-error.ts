/** Something that the person who runs Unfriend can mend: its message says what is wrong and what to do. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}
