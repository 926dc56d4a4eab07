/**
 * Reads the body of an answer, whatever its length header says.
 *
 * @param most in bytes
 * @returns undefined: it is longer, and the rest is not read
 */
export async function readAnswer(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > most) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
