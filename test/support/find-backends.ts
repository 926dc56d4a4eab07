import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { TestServer } from './find-servers.ts';

/** Stands for a server's program where only Docker can run it. */
export const DOCKER = 'docker';
export const REDIS_IMAGE = 'redis:7';

/** `TEST_REDIS_SERVER`, else `redis-server` on the `PATH`, else Docker. */
export function findRedis(): TestServer {
  return {
    path: process.env.TEST_REDIS_SERVER || onPath('redis-server') || docker(),
    install: 'Run `apt-get install redis-server`, or set TEST_REDIS_SERVER to the program.',
  };
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
