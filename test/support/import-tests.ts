import { before, describe } from 'node:test';

/**
 * Runs test files in this process, each as a suite with the file's name. What a file declares at its top level belongs
 * to its suite: its hooks never run for the tests of another file. If a file throws while it is imported, its suite fails.
 */
export async function importTests(files: { name: string; url: string }[]): Promise<void> {
  let begin = () => {};
  const allImported = new Promise<void>((resolve) => {
    begin = resolve;
  });
  // To load the next file takes the processor, and what a test measures meanwhile would be too slow.
  before(() => allImported);
  for (const { name, url } of files) {
    // One after the other: a module that several files import is evaluated for the first of them.
    await new Promise<void>((imported) => {
      // The call of import() itself has to be in the suite: Node.js finds by it where the tests of the file belong.
      describe(name, async () => {
        try {
          await import(url);
        } finally {
          imported();
        }
      });
    });
  }
  begin();
}
