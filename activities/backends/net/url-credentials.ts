/**
 * Decodes a user or password from a URL.
 *
 * @throws TypeError that says what was expected. It never contains the input, which is a secret
 */
export function decodeCredential(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new TypeError('expected a % in user or password to be written as %25');
  }
}
