import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PACKAGE_ROOT } from '../../../../src/package-root.ts';

/** The version of `temporal-server`, which the Temporal CLI of the tests carries too. */
export const TEMPORAL_VERSION = '1.32.0';

const MODULE = 'go.temporal.io/server';
const CACHE = join(PACKAGE_ROOT, '.unfriend', 'temporal-server', TEMPORAL_VERSION);
const PROGRESS_EVERY_MS = 30_000;

/** The server, the tool that creates its schema, and the schema of PostgreSQL. */
export type TemporalServer = { server: string; sql: string; schema: string };

const FOUND: TemporalServer = {
  server: join(CACHE, 'server'),
  sql: join(CACHE, 'sql'),
  schema: join(CACHE, 'schema'),
};

/**
 * The server from the cache. Temporal publishes it as a container image and as source only, so it is built once with Go
 * where it is missing. That takes about a quarter of an hour.
 *
 * @throws where there is no Go; the message says what to install
 */
export async function findTemporalServer(say: (line: string) => void): Promise<TemporalServer> {
  if (Object.values(FOUND).every((path) => existsSync(path))) return FOUND;
  const modules = goModules();
  if (!modules) {
    throw new Error(
      `Go builds temporal-server ${TEMPORAL_VERSION} and is not installed: see https://go.dev/doc/install`,
    );
  }
  say(`Building temporal-server ${TEMPORAL_VERSION} into ${CACHE}. This happens once.`);
  const part = `${CACHE}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(part, { recursive: true });
  for (const command of ['cmd/server', 'cmd/tools/sql']) await build(command, part, say);
  const schema = join(modules, `${MODULE}@v${TEMPORAL_VERSION}`, 'schema', 'postgresql', 'v12');
  cpSync(schema, join(part, 'schema'), { recursive: true });
  rmSync(CACHE, { recursive: true, force: true });
  renameSync(part, CACHE);
  return FOUND;
}

/** Where Go keeps modules; undefined without Go. */
function goModules(): string | undefined {
  try {
    return execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** `go install -v` names each package that it has compiled. */
async function build(command: string, into: string, say: (line: string) => void): Promise<void> {
  const args = ['install', '-v', `${MODULE}/${command}@v${TEMPORAL_VERSION}`];
  const child = spawn('go', args, {
    env: { ...process.env, GOBIN: into },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let compiled = 0;
  let last = '';
  createInterface(child.stderr).on('line', (line) => {
    compiled += 1;
    last = line;
  });
  const progress = setInterval(() => say(`${command}: ${compiled} packages so far`), PROGRESS_EVERY_MS);
  const [code] = (await once(child, 'exit')) as [number | null];
  clearInterval(progress);
  if (code !== 0) throw new Error(`go install ${command} failed: ${last}`);
}
