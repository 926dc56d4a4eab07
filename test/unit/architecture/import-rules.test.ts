import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { NOTICE_GIVEN, RECONCILE_FRIENDS, WORKFLOW_TYPES } from '../../../workflows/contract.ts';
import * as workflows from '../../../workflows/index.ts';
import { emittedModules, importsOf, type Module, sourceModules } from '../../support/modules.ts';

/** What the modules of a folder may import values from: packages as they are named, folders of ours with a `/`. */
const MAY_IMPORT = {
  workflows: ['workflows/', '@temporalio/workflow', '@temporalio/common'],
  'src/callback': ['src/callback/', 'workflows/', 'node:crypto', 'node:util', 'node:zlib', 'zod'],
} as const;

/** Who may know of the environment: the one that hands it over, and the one that reads it. */
const MAY_READ_ENVIRONMENT = ['src/cli/bin', 'src/config/settings'];

/** `process.env`, however it is spelled: by a property, by its name in brackets, or by an import. */
const ENVIRONMENT =
  /process\s*\??\.\s*env\b|process\s*(\?\.)?\s*\[\s*['"`]env|\benv\b[^;]*\bfrom\s+['"](node:)?process['"]|=\s*process\b(?!\s*[.?[])/;

let emitted: Module[] = [];
before(() => {
  emitted = emittedModules('workflows', 'activities', 'src');
});

/** Each import that `isAllowed` refuses, as `module → import`. */
async function violations(modules: Module[], isAllowed: (specifier: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const module of modules) {
    for (const specifier of await importsOf(module)) {
      if (!isAllowed(specifier)) found.push(`${module.path} → ${specifier}`);
    }
  }
  return found;
}

function isOneOf(allowed: readonly string[]): (specifier: string) => boolean {
  return (specifier) =>
    allowed.some((each) => (each.endsWith('/') ? specifier.startsWith(each) : specifier === each));
}

function isNotFrom(folder: string): (specifier: string) => boolean {
  return (specifier) => !specifier.startsWith(`${folder}/`) && specifier !== 'import(…)';
}

function within(folder: string): Module[] {
  const modules = emitted.filter(({ path }) => path.startsWith(`${folder}/`));
  assert.ok(modules.length > 3, `${folder} has modules to look at`);
  return modules;
}

/** Which folder imports nothing from which other one, not even a type. */
const NEVER: [folder: string, other: string][] = [
  ['src/journal', 'src/temporal'],
  ['src/journal', 'src/intake'],
  ['src/http', 'src/temporal'],
  ['src/temporal', 'src/cli'],
  ['activities', 'src'],
];

for (const [folder, other] of NEVER) {
  test(`${folder} imports nothing from ${other}, not even a type`, async () => {
    const modules = sourceModules(folder).map(mentions);
    assert.ok(modules.length > 3, `${folder} has modules to look at`);
    assert.deepEqual(await violations(modules, isNotFrom(other)), []);
  });
}

/** Circles of modules that import one another, each as `a → b → a`; types count. */
async function cycles(modules: Module[]): Promise<string[]> {
  const imports = new Map<string, string[]>();
  for (const module of modules) imports.set(module.path, await importsOf(mentions(module)));
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || finished.has(path)) return;
    for (const next of imports.get(path) ?? []) visit(next, [...way, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return found;
}

test('no modules import one another in a circle, not even by types', async () => {
  assert.deepEqual(await cycles(sourceModules('src', 'workflows', 'activities')), []);
});

test('these rules find a circle of modules', async () => {
  const circle = [
    { path: 'src/a', code: "import type { B } from './b.ts';" },
    { path: 'src/b', code: "export { c } from './deep/c.ts';" },
    { path: 'src/deep/c', code: "const a = await import('../a.ts');" },
    { path: 'src/d', code: "import './a.ts';" },
  ];
  assert.deepEqual(await cycles(circle), ['src/a → src/b → src/deep/c → src/a']);
});

/** What a TypeScript module names in `from '…'` and `import('…')`, types included. */
function mentions({ path, code }: Module): Module {
  const specifiers = [...code.matchAll(/\b(?:from|import)\s*\(?\s*(['"][^'"\n]+['"])/g)];
  return { path, code: specifiers.map(([, specifier]) => `import ${specifier};`).join('\n') };
}

for (const [folder, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${folder} imports values from ${allowed.join(', ')} and nothing else`, async () => {
    assert.deepEqual(await violations(within(folder), isOneOf(allowed)), []);
  });
}

test('workflows import nothing from src, not even types', async () => {
  const modules = sourceModules('workflows').map(mentions);
  assert.deepEqual(await violations(modules, isNotFrom('src')), []);
});

test('activities import nothing from src but types', async () => {
  assert.deepEqual(await violations(within('activities'), isNotFrom('src')), []);
});

test('only src/config/settings.ts and src/cli/bin.ts mention the environment', () => {
  const modules = sourceModules('src', 'workflows', 'activities');
  const readers = modules.filter(({ code }) => ENVIRONMENT.test(code)).map(({ path }) => path);
  assert.deepEqual(
    readers.filter((path) => !MAY_READ_ENVIRONMENT.includes(path)),
    [],
  );
  assert.ok(readers.includes('src/cli/bin'));
});

test('the entry file of the workflows exports workflows and nothing else', () => {
  const exported = Object.entries(workflows).map(([name, value]) => [name, typeof value]);
  const types = [...WORKFLOW_TYPES, NOTICE_GIVEN, RECONCILE_FRIENDS];
  assert.deepEqual(exported.sort(), types.map((type) => [type, 'function']).sort());
});

for (const [what, code] of [
  ['a module of src', "import { readSettings } from '../src/config/settings.js';"],
  ['a Node module', "import { readFile } from 'node:fs/promises';"],
  ['another Temporal package', "import { Client } from '@temporalio/client';"],
  ['a value of activities', "import { createActivities } from '../activities/index.js';"],
  ['a module for its effects', "import '../src/service/service.js';"],
  ['a value that is exported on', "export { sign } from '../src/callback/signature.js';"],
  ['everything that is exported on', "export * from '../activities/index.js';"],
  ['a module while it runs', "const fs = await import('node:fs');"],
  ['a module whose name is made up while it runs', 'const fs = await import(name);'],
  ['a file of a package that is allowed', "import { x } from '@temporalio/common/lib/internal.js';"],
] as const) {
  test(`these rules find a workflow that imports ${what}`, async () => {
    const madeUp = { path: 'workflows/made-up', code: `import '@temporalio/workflow';\n${code}` };
    assert.equal((await violations([madeUp], isOneOf(MAY_IMPORT.workflows))).length, 1);
  });
}

test('these rules find a type of src in a workflow, and a value of src in an activity', async () => {
  for (const code of [
    "import type { Settings } from '../src/config/settings.ts';",
    "export type Settings = import('../src/config/settings.ts').Settings;",
    "import {\n  type Settings,\n} from '../src/config/settings.ts';",
  ]) {
    const found = await violations([mentions({ path: 'workflows/made-up', code })], isNotFrom('src'));
    assert.deepEqual(found, ['workflows/made-up → src/config/settings']);
  }
  const activity = { path: 'activities/deep/made-up', code: "import { x } from '../../src/deep/x.js';" };
  assert.deepEqual(await violations([activity], isNotFrom('src')), ['activities/deep/made-up → src/deep/x']);
});

test('these rules find the environment however it is spelled', () => {
  for (const code of [
    'const a = process.env.A;',
    "const a = process['env'].A;",
    'const { env } = process;',
    "import { env } from 'node:process';",
    'read(process?.env);',
  ]) {
    assert.match(code, ENVIRONMENT);
  }
  for (const code of [
    'process.exitCode = 1;',
    'const pid = process.pid;',
    'environment.PATH',
    'a process, env',
  ]) {
    assert.doesNotMatch(code, ENVIRONMENT);
  }
});
