import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { HOST, startChild } from '../child.ts';
import { type BenchServer, pathOf } from './index.ts';

/** Answers nothing before it is synced; without snapshots, which would only slow it down. */
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', ''];

/** Starts an empty Redis and returns its port. */
export async function startRedis(
  server: BenchServer,
  { folder, cleanup }: { folder: string; cleanup: Cleanup },
): Promise<number> {
  const port = await freePort();
  const args = ['--bind', HOST, '--port', String(port), '--dir', folder, ...DURABLE];
  await startChild({ command: pathOf(server), args, port }, cleanup);
  return port;
}
