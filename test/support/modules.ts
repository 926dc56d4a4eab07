import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { init, parse } from 'es-module-lexer';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** A module by its path from the package's folder, without its ending: `workflows/units`. */
export type Module = { path: string; code: string };

/** The modules of some folders as they are written. */
export function sourceModules(...folders: string[]): Module[] {
  return folders.flatMap((folder) => readModules(ROOT, folder, '.ts'));
}

/**
 * The modules of some folders as the compiler emits them: `verbatimModuleSyntax` erases types, so every import
 * that is left is one of a value.
 */
export function emittedModules(...folders: string[]): Module[] {
  const outDir = mkdtempSync(join(tmpdir(), 'unfriend-emitted-'));
  try {
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '--noCheck', '--outDir', outDir], { cwd: ROOT });
    return folders.flatMap((folder) => readModules(outDir, folder, '.js'));
  } finally {
    rmSync(outDir, { recursive: true });
  }
}

function readModules(root: string, folder: string, ending: string): Module[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => {
      const path = join(folder, file);
      return { path: path.slice(0, -ending.length), code: readFileSync(join(root, path), 'utf8') };
    });
}

/**
 * What a module imports, statically, dynamically, or by exporting it on: packages by their name, modules of ours
 * by their path from the package's folder. What only shows when it runs is `import(…)`.
 */
export async function importsOf({ path, code }: Module): Promise<string[]> {
  await init();
  const [imports] = parse(code);
  return imports.flatMap((found) => {
    if (found.type === 'import-meta') return [];
    const { specifier } = found;
    if (specifier === undefined) return ['import(…)'];
    return [specifier.startsWith('.') ? join(path, '..', specifier).replace(/\.[jt]s$/, '') : specifier];
  });
}
