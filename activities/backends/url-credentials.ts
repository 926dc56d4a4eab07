/**
 * A user or password as it stands in an address.
 *
 * @throws TypeError with what was expected, never with what was given
 */
export function decodeCredential(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('expected a % in user or password to be written as %25');
  }
}
