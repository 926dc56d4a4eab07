import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableReceiver, KillableTemporal } from '../../support/doubles/killable.ts';
import { FREE_PORTS } from '../../support/servers/process.ts';
import { until } from '../../support/until.ts';
import type { Scenario } from './results.ts';
import { send } from './send.ts';

const RATE = 500;
/** How long what came meanwhile may take to get to Temporal, in ms. */
const HANDOVER_MS = 600_000;

/** Temporal is killed and stays away under load; back again, it gets every delivery once. */
export async function measureOutage(seconds: number, cleanup: Cleanup, folder: string): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const temporal = await KillableTemporal.start();
  cleanup.defer(() => temporal.stop());
  const receiver = await KillableReceiver.start({
    ...{ DATA_DIR: join(folder, 'outage'), TEMPORAL_ADDRESS: temporal.address, NODE_ENV: 'production' },
    ...{ SDK_APP_ID: FREE_PORTS.SDK_APP_ID ?? '', LOG_LEVEL: 'error' },
  });
  cleanup.defer(() => receiver.kill());
  const warmUp = await send({ count: 200, rate: 100, url: receiver.url }, FREE_PORTS);
  await receiver.drained();

  await temporal.kill();
  const away = await send({ count: seconds * RATE, rate: RATE, url: receiver.url }, FREE_PORTS);
  await temporal.restart();
  const backAt = performance.now();
  await receiver.drained(HANDOVER_MS);
  const handover = (performance.now() - backAt) / 1_000;
  const all = warmUp.ok + away.ok;
  // Visibility follows a moment later.
  const count = async () => (await temporal.client.workflow.count()).count;
  await until('every workflow to be listed', async () => (await count()) >= all, 60_000);
  return {
    name: `Temporal away for ${seconds} s under ${RATE} callbacks a second`,
    how: 'Temporal is killed (kill -9), its database kept; the sender goes on; then it comes back.',
    loadBefore,
    figures: [
      { what: 'callbacks sent meanwhile', value: away.sent, unit: '' },
      { what: 'answered `OK`', value: away.ok, unit: '', atLeast: away.sent },
      { what: 'answers, p50', value: away.p50, unit: 'ms' },
      { what: 'answers, p99', value: away.p99, unit: 'ms', atMost: 100 },
      { what: 'all handed over, after it was back', value: handover, unit: 's' },
      {
        what: 'workflows, less the callbacks acknowledged',
        value: (await count()) - all,
        unit: '',
        atMost: 0,
        atLeast: 0,
      },
    ],
  };
}
