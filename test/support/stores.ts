import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';
import { temporaryFolder } from './temporal.ts';
import { until } from './until.ts';

/** A real Redis on a free port, started as docker-compose.yml starts it. */
export type TestRedis = { url: string; client: Redis; stop(): Promise<void> };

/** Undefined where the program is not installed. */
export async function startRedis([program = '', ...args]: string[]): Promise<TestRedis | undefined> {
  const dirs = (process.env.PATH ?? '').split(delimiter);
  if (!dirs.some((dir) => existsSync(join(dir, program)))) return undefined;
  const port = await freePort();
  const folder = temporaryFolder();
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder.path];
  const server = spawn(program, [...args, ...own], { stdio: 'ignore' });
  const client = new Redis({ port, lazyConnect: true, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  await until('Redis to answer', async () => {
    if (server.exitCode !== null) throw new Error(`${program} ended with ${server.exitCode}`);
    return (await client.ping().catch(() => undefined)) === 'PONG';
  });
  return {
    url: `redis://127.0.0.1:${port}`,
    client,
    async stop() {
      client.disconnect();
      await end(server);
      folder.remove();
    },
  };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit');
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen({ host: '127.0.0.1', port: 0 }, () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
