import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { workflowId } from '../../../workflows/contract.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { FREE_PORTS, UnfriendProcess } from '../../support/servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const RATE_MS = 25;
/** Callbacks that each receiver acknowledges before anything else happens. */
const SOME = 10;

// In memory: a disk that others keep busy would hold up a commit, and have callbacks refused.
const folder = memoryFolder();
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(async () => {
  await temporal.stop();
  folder.remove();
});

type Receiver = {
  process: UnfriendProcess;
  url: string;
  ops: string;
  isReady: boolean;
  acknowledged: number;
};

function someLoadOn(receiver: Receiver): Promise<unknown> {
  return until('some load on it', () => receiver.acknowledged >= SOME);
}

describe('two receivers behind a load balancer', () => {
  test('given a rolling restart under load, then every callback is acknowledged and has its workflow', async () => {
    const pool: Receiver[] = [await serve(0), await serve(1)];
    const acknowledged: string[] = [];
    const lost: string[] = [];
    const load = sendUntilStopped(pool, acknowledged, lost);

    for (let index = 0; index < pool.length; index += 1) {
      const old = pool[index] as Receiver;
      await someLoadOn(old);
      old.process.child.kill('SIGTERM');
      assert.equal(await old.process.exit(), 0);
      const next = await serve(index);
      pool[index] = next;
      await someLoadOn(next);
    }
    await load.stop();
    // What a slow Temporal left in a journal at the stop, the next receiver of that journal hands over.
    for (const { ops } of pool)
      await until(
        'an empty journal',
        async () => /^unfriend_journal_pending 0$/m.test(await (await fetch(`${ops}/metrics`)).text()),
        60_000,
      );
    for (const { process } of pool) process.child.kill('SIGTERM');
    await Promise.all(pool.map(({ process }) => process.exit()));

    assert.deepEqual(lost, []);
    for (const deliveryId of acknowledged) {
      const id = workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId });
      assert.equal((await temporal.client.workflow.getHandle(id).describe()).status.name, 'RUNNING');
    }
  });
});

/** Each receiver has a journal of its own, which the one that takes its place goes on with. */
async function serve(index: number): Promise<Receiver> {
  const process = new UnfriendProcess(['serve'], {
    ...FREE_PORTS,
    ...{
      DATA_DIR: join(folder.path, String(index)),
      DRAIN_DELAY: '1s',
      CACHE_URL: 'off',
      SEARCH_URL: 'off',
      NOTIFY_URL: 'off',
    },
    TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
  });
  const { url } = await process.log('taking callbacks');
  const { url: ops } = await process.log('health, readiness and metrics');
  return { process, url: String(url), ops: String(ops), isReady: true, acknowledged: 0 };
}

/** Sends to whichever receiver says that it is ready, as a load balancer does. */
function sendUntilStopped(pool: Receiver[], acknowledged: string[], lost: string[]) {
  let running = true;
  const probing = (async () => {
    while (running) {
      for (const receiver of [...pool]) {
        const response = await fetch(`${receiver.ops}/readyz`).catch(() => undefined);
        receiver.isReady = response?.status === 200;
      }
      await delay(50);
    }
  })();
  const sending = (async () => {
    const inFlight: Promise<void>[] = [];
    for (let index = 0; running; index += 1) {
      const ready = pool.filter(({ isReady }) => isReady);
      const receiver = ready[index % ready.length];
      const requestId = `rolling-${index}`;
      if (receiver) {
        inFlight.push(
          postSigned(receiver.url, { requestId }).then(
            (response) => {
              if (!response.ok) lost.push(`${requestId}: ${response.status}`);
              else {
                receiver.acknowledged += 1;
                acknowledged.push(requestId);
              }
            },
            (error: unknown) => void lost.push(`${requestId}: ${String(error)}`),
          ),
        );
      }
      await delay(RATE_MS);
    }
    await Promise.all(inFlight);
  })();
  return {
    async stop() {
      running = false;
      await Promise.all([probing, sending]);
    },
  };
}
