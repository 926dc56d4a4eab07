import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A module of the tests that runs in a process of its own, and the flags that Node.js needs for it. `npm test` runs the
 * tests compiled; benchmarks and a single file run from the sources, by tsx.
 *
 * @param path as an import would name it, without its ending
 * @param importer the caller's `import.meta.url`
 */
export function childModule(path: string, importer: string): { file: string; execArgv: string[] } {
  const ending = extname(fileURLToPath(importer));
  const file = fileURLToPath(new URL(`${path}${ending}`, importer));
  return { file, execArgv: ending === '.ts' ? ['--import', 'tsx'] : [] };
}
