import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Which of the words stand in a file of the folder, as text or in base64, and in which file. */
export function searchFiles(dir: string, words: readonly string[]): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((entry) => {
    const bytes = readFileSync(join(entry.parentPath, entry.name));
    return words
      .filter((word) => formsOf(word).some((form) => bytes.includes(form)))
      .map((word) => `${word} in ${entry.name}`);
  });
}

/** Base64 writes a word in three ways, depending on where the word begins. Its first and last letters depend on more. */
function formsOf(word: string): string[] {
  const inBase64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + word)
      .toString('base64')
      .replaceAll('=', '');
    return encoded.slice(offset === 0 ? 0 : 4, -2);
  });
  return [word, ...inBase64];
}
