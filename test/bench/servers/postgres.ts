import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { until } from '../../support/until.ts';
import { HOST, startChild } from '../child.ts';
import { type BenchServer, pathOf } from './index.ts';

const run = promisify(execFile);
const INITDB_TIMEOUT_MS = 60_000;

/** What the comparison rests on. They are the server's defaults, and asked for all the same. */
const DURABLE = ['fsync', 'synchronous_commit', 'full_page_writes'];

/** Starts an empty PostgreSQL with its default durability and returns how to connect to it. */
export async function startPostgres(
  server: BenchServer,
  { folder, cleanup, connections = 100 }: { folder: string; cleanup: Cleanup; connections?: number },
): Promise<string> {
  const command = realpathSync(pathOf(server));
  const user = await unprivileged();
  const data = join(folder, 'postgres');
  mkdirSync(data, { mode: 0o700 });
  if (user) {
    // It has to get there, past folders that are this user's alone.
    for (const above of [folder, dirname(folder)]) chmodSync(above, 0o711);
    chownSync(data, user.uid, user.gid);
  }
  const initdb = ['--pgdata', data, '--username', 'bench', '--auth', 'trust', '--encoding', 'UTF8'];
  await run(join(dirname(command), 'initdb'), initdb, {
    ...user,
    cwd: data,
    timeout: INITDB_TIMEOUT_MS,
  });

  const port = await freePort();
  const args = ['-D', data, '-h', HOST, '-p', `${port}`, '-k', '', '-c', `max_connections=${connections}`];
  // SIGINT: connections are closed at once, and the data is left in order.
  await startChild({ command, args, port, stopSignal: 'SIGINT', ...(user && { user }) }, cleanup);
  const url = `postgres://bench@${HOST}:${port}/postgres`;
  await checkDurability(url);
  return url;
}

/** PostgreSQL refuses to run as root; Debian's package comes with a user for it. */
async function unprivileged(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(
    ['-u', '-g'].map(async (option) => Number((await run('id', [option, 'postgres'])).stdout)),
  );
  return { uid: uid as number, gid: gid as number };
}

async function checkDurability(url: string): Promise<void> {
  const client = await until('PostgreSQL to be ready', () => tryConnect(url));
  try {
    for (const setting of DURABLE) {
      const { rows } = await client.query<{ value: string }>('SELECT current_setting($1) AS value', [
        setting,
      ]);
      if (rows[0]?.value !== 'on') throw new Error(`PostgreSQL's ${setting} is ${rows[0]?.value}, not on`);
    }
  } finally {
    await client.end();
  }
}

/** While it starts up, its port is open already and every connection refused. */
async function tryConnect(url: string): Promise<pg.Client | undefined> {
  const client = new pg.Client(url);
  try {
    await client.connect();
    return client;
  } catch {
    return undefined;
  }
}
