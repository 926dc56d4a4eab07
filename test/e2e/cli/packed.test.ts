/** What others install: the package as npm packs it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { PACKAGE_ROOT, VERSION } from '../../../src/package-root.ts';
import { temporalCli, temporaryFolder } from '../../support/servers/temporal.ts';

const run = promisify(execFile);
const { overrides, dependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  overrides: Record<string, string>;
  dependencies: Record<string, string>;
};

/** Everything that is packed has one of these forms. */
const ALLOWED = [
  /^package\.json$/,
  /^LICENSE$/,
  /^README(\.zh-CN)?\.md$/,
  /^dist\/(src|workflows|activities)\/[\w./-]+\.c?js$/,
  /^dist\/workflow-bundle(-encrypting)?\.js$/,
  // The page on OPS_PORT.
  /^dist\/src\/http\/page\.html$/,
];
const NEVER = /test|\.map$|build-workflow-bundle/;
const INSTALL_MS = 300_000;
const DEMO_MS = 180_000;

const folder = temporaryFolder();
after(() => folder.remove());
let archive: string;
let files: string[];

before(
  async () => {
    // No scripts: they would build again, under the feet of the tests that run at the same time.
    const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path];
    const { stdout } = await run('npm', pack, { cwd: PACKAGE_ROOT, env: environment() });
    const packed: unknown = JSON.parse(stdout);
    const [result] = (Array.isArray(packed) ? packed : Object.values(packed as object)) as {
      filename: string;
      files: { path: string }[];
    }[];
    archive = join(folder.path, result?.filename ?? '');
    files = result?.files.map(({ path }) => path) ?? [];
  },
  { timeout: INSTALL_MS },
);

describe('the package', () => {
  test('has what runs, and nothing else', () => {
    assert.deepEqual(
      files.filter((file) => !ALLOWED.some((form) => form.test(file)) || NEVER.test(file)),
      [],
    );
    assert.ok(files.includes('dist/src/http/page.html'));
  });

  // Some of it is loaded by its path, which no import shows.
  test('has all that the build makes, but for the build’s own tool and the compiled tests', () => {
    const built = readdirSync(join(PACKAGE_ROOT, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(PACKAGE_ROOT, join(entry.parentPath, entry.name)));
    const left = built.filter((file) => !files.includes(file) && !file.startsWith('dist/with-tests/'));
    assert.deepEqual(left, ['dist/src/temporal/worker/build-workflow-bundle.js']);
  });

  test('has every module that one of its modules imports, and asks only for packages that it depends on', () => {
    for (const file of files.filter(
      (each) => each.startsWith('dist/') && !each.startsWith('dist/workflow-bundle'),
    )) {
      const text = readFileSync(join(PACKAGE_ROOT, file), 'utf8');
      for (const [, imported = ''] of text.matchAll(
        /^(?:import|export) .*?from '([^']+)'|^import '([^']+)'/gm,
      )) {
        if (imported.startsWith('.'))
          assert.ok(files.includes(join(file, '..', imported)), `${file}: ${imported}`);
        else if (!imported.startsWith('node:'))
          assert.ok(packageOf(imported) in dependencies, `${file}: ${imported}`);
      }
    }
  });

  test('runs in an empty folder: npx unfriend demo --exit', { timeout: INSTALL_MS + DEMO_MS }, async () => {
    const own = temporaryFolder();
    try {
      // npm applies the overrides of the folder that it installs into, never those of a dependency. They choose versions of
      // optional packages that some registries lack; without them, npm takes the newest.
      const manifest = { name: 'somebody', version: '1.0.0', private: true, overrides };
      writeFileSync(join(own.path, 'package.json'), JSON.stringify(manifest));
      const install = ['install', '--omit=dev', '--no-audit', '--no-fund', archive];
      await run('npm', install, { cwd: own.path, env: environment() });
      // --no-install: the command of this package, or a failure; never one that npx finds elsewhere.
      const npx = (...args: string[]) =>
        run('npx', ['--no-install', 'unfriend', ...args], { cwd: own.path, env: environment(own.path) });
      assert.equal((await npx('--version')).stdout.trim(), VERSION);
      const { stdout } = await npx('demo', '--exit');
      assert.match(stdout, /After: id has no cached friend list, 0 friends in the search index, 1 message/);
      assert.match(stdout, /Temporal UI: http:/);
    } finally {
      own.remove();
    }
  });
});

/** Without what npm tells the scripts that it runs: it would mean this package instead of the folder. */
function environment(dataDir = folder.path): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) =>
      !/^(npm_(package|lifecycle|config_local_prefix|command|execpath)|INIT_CWD|NODE_ENV)/.test(name),
  );
  return {
    ...Object.fromEntries(own),
    TEMPORAL_CLI_PATH: temporalCli(),
    LOCAL_TEMPORAL_PORT: '0',
    LOCAL_TEMPORAL_UI_PORT: '0',
    DATA_DIR: join(dataDir, 'data'),
  };
}

/** `@temporalio/worker/lib/x` → `@temporalio/worker` */
function packageOf(imported: string): string {
  return imported.split('/', imported.startsWith('@') ? 2 : 1).join('/');
}
