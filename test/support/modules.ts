import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { init, parse } from 'es-module-lexer';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

/** A module by its path from the package's folder, without its ending: `workflows/units`. */
export type Module = { path: string; code: string };

/** The modules of some folders as they are written. */
export function sourceModules(...folders: string[]): Module[] {
  return folders.flatMap((folder) => readModules(PACKAGE_ROOT, folder, '.ts'));
}

/**
 * The modules of some folders as the compiler emits them: `verbatimModuleSyntax` erases types, so every import
 * that is left is one of a value.
 */
export function emittedModules(...folders: string[]): Module[] {
  const outDir = mkdtempSync(join(tmpdir(), 'unfriend-emitted-'));
  try {
    const tsc = join(PACKAGE_ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    execFileSync(process.execPath, [tsc, '--noCheck', '--outDir', outDir], { cwd: PACKAGE_ROOT });
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
export async function importsOf(module: Module): Promise<string[]> {
  return readImports(module, (type) => type !== 'import-meta');
}

/** What is loaded together with one of the modules: all that it imports statically, and what that imports. */
export async function loadedWith(path: string, modules: Module[]): Promise<Set<string>> {
  const loaded = new Set([path]);
  for (const each of loaded) {
    const module = modules.find((other) => other.path === each);
    if (module) for (const specifier of await readImports(module, isStatic)) loaded.add(specifier);
  }
  return loaded;
}

function isStatic(type: string): boolean {
  return type === 'static' || type === 'reexport-star';
}

async function readImports({ path, code }: Module, isWanted: (type: string) => boolean): Promise<string[]> {
  await init();
  const [imports] = parse(code);
  return imports.flatMap(({ type, specifier }) => {
    if (!isWanted(type) || specifier === null) return [];
    if (specifier === undefined) return ['import(…)'];
    return [specifier.startsWith('.') ? join(path, '..', specifier).replace(/\.[jt]s$/, '') : specifier];
  });
}
