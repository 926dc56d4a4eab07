import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { FREE_PORTS, UnfriendProcess } from '../../support/servers/process.ts';
import type { Figure, Scenario } from './results.ts';
import { send } from './send.ts';

const RATES = [10, 20, 50];
const SECONDS = 20;

/** Receiver, worker and a Temporal server on one machine, as `unfriend start` runs them. */
export async function measureBesideWorkers(cleanup: Cleanup, folder: string): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const settings = { ...FREE_PORTS, DATA_DIR: join(folder, 'start') };
  const start = new UnfriendProcess(['start'], settings);
  cleanup.defer(async () => {
    start.child.kill('SIGTERM');
    await start.exit();
  });
  const url = String((await start.log('taking callbacks')).url);
  await start.log('working');
  await send({ count: 50, rate: 10, url }, settings);
  const figures: Figure[] = [];
  for (const rate of RATES) {
    const { p50, p99, ok, sent } = await send({ count: rate * SECONDS, rate, url }, settings);
    if (ok < sent) throw new Error(`${sent - ok} of ${sent} were not answered OK at ${rate} a second`);
    figures.push({ what: `answers at ${rate} a second, p50`, value: p50, unit: 'ms', atMost: 10 });
    figures.push({ what: `answers at ${rate} a second, p99`, value: p99, unit: 'ms' });
  }
  return {
    name: 'Workers and Temporal on the same machine',
    how: '`unfriend start` with its local Temporal server and embedded side effects, which happen meanwhile; every answer was `OK`.',
    loadBefore,
    figures,
  };
}
