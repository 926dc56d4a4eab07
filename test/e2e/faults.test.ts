import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, readFileSync, statSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from '../../src/temporal/connect.ts';
import { startLocalServer } from '../../src/temporal/local/server.ts';
import { workflowId } from '../../workflows/contract.ts';
import { postSigned } from '../support/callbacks.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../support/process.ts';
import { startTestTemporal, type TestTemporal, temporalCli, temporaryFolder } from '../support/temporal.ts';
import { until } from '../support/until.ts';

const SDK_APP_ID = String(FREE_PORTS.SDK_APP_ID);
const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

type Serving = { process: UnfriendProcess; url: string; ops: string };

async function serve(settings: ProcessSettings): Promise<Serving> {
  const process = new UnfriendProcess(['serve'], { ...FREE_PORTS, ...settings });
  const { url } = await process.log('taking callbacks');
  const { url: ops } = await process.log('health, readiness and metrics');
  return { process, url: String(url), ops: String(ops) };
}

async function stop({ process }: Serving): Promise<void> {
  process.child.kill('SIGTERM');
  await process.exit();
}

/** One pair a callback, told from every other's. */
const pairOf = (requestId: string) => ({ from: `from-${requestId}`, to: `to-${requestId}` });

/** Sends one callback after the other, and notes which were acknowledged and which had no answer. */
function sendUntilStopped(urlNow: () => string, prefix: string) {
  const acknowledged: string[] = [];
  const unknown: string[] = [];
  let running = true;
  const sending = (async () => {
    for (let index = 0; running; index += 1) {
      const requestId = `${prefix}-${index}`;
      const sent = postSigned(urlNow(), { requestId, pairs: [pairOf(requestId)] });
      const response = await sent.catch(() => undefined);
      if (response?.status === 200) acknowledged.push(requestId);
      else unknown.push(requestId);
      await delay(response ? 2 : 20);
    }
  })();
  return {
    acknowledged,
    unknown,
    async stop() {
      running = false;
      await sending;
    },
  };
}

async function drained({ ops }: Serving): Promise<void> {
  await until(
    'an empty journal',
    async () => /^unfriend_journal_pending 0$/m.test(await (await fetch(`${ops}/metrics`)).text()),
    60_000,
  );
}

describe('what was acknowledged is never lost', () => {
  const folder = temporaryFolder();
  let temporal: TestTemporal;
  let settings: ProcessSettings;
  before(async () => {
    temporal = await startTestTemporal();
    settings = {
      DATA_DIR: folder.path,
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
    };
  });
  after(async () => {
    await temporal.stop();
    folder.remove();
  });

  async function startedPairs(deliveryId: string): Promise<unknown> {
    const handle = temporal.client.workflow.getHandle(workflowId({ sdkAppId: SDK_APP_ID, deliveryId }));
    const { events } = await handle.fetchHistory();
    const [payload] = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return (JSON.parse(Buffer.from(payload?.data ?? []).toString()) as { pairs: unknown }).pairs;
  }

  async function countWorkflows(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for await (const { workflowId: id } of temporal.client.workflow.list()) {
      const deliveryId = id.split('/').at(-1) ?? '';
      counts.set(deliveryId, (counts.get(deliveryId) ?? 0) + 1);
    }
    return counts;
  }

  test('given kill -9 of the receiver at five random moments under load, then each has one workflow with its pairs', async () => {
    let serving = await serve(settings);
    const load = sendUntilStopped(() => serving.url, 'killed');
    for (let round = 0; round < 5; round += 1) {
      await delay(100 + Math.random() * 400);
      await serving.process.kill();
      serving = await serve(settings);
    }
    await until('some load on the last one', () => load.acknowledged.length > 100);
    await load.stop();
    await drained(serving);
    await stop(serving);

    const workflows = await until('all in the list of workflows', async () => {
      const counts = await countWorkflows();
      return load.acknowledged.every((id) => counts.has(id)) && counts;
    });
    for (const deliveryId of load.acknowledged) {
      assert.equal(workflows.get(deliveryId), 1);
      assert.deepEqual(await startedPairs(deliveryId), [pairOf(deliveryId)]);
    }
    const known = new Set([...load.acknowledged, ...load.unknown]);
    assert.deepEqual(
      [...workflows.keys()].filter((id) => !known.has(id)),
      [],
    );
  });

  test('given Temporal away under load, then every answer is OK, and everything is started once it is back', async () => {
    const away = await serve({ ...settings, ...NOWHERE });
    const load = sendUntilStopped(() => away.url, 'away');
    await until('200 acknowledged', () => load.acknowledged.length >= 200);
    await load.stop();
    assert.deepEqual(load.unknown, []);
    await away.process.kill();

    const back = await serve(settings);
    await drained(back);
    await stop(back);
    for (const deliveryId of load.acknowledged) {
      assert.deepEqual(await startedPairs(deliveryId), [pairOf(deliveryId)]);
    }
  });
});

describe('Temporal killed under load', () => {
  test('given kill -9 of its server, then every answer is OK, and each delivery has its workflow once it is back', async () => {
    const folder = temporaryFolder();
    const dir = join(folder.path, 'temporal');
    const launch = (port: number) =>
      startLocalServer({
        ...{ findCli: async () => temporalCli(), dir, port, uiPort: 0, namespace: 'default' },
        say: () => undefined,
      });
    const server = await launch(0);
    const serving = await serve({ DATA_DIR: folder.path, TEMPORAL_ADDRESS: server.address });
    const load = sendUntilStopped(() => serving.url, 'temporal');
    await until('some load before', () => load.acknowledged.length > 50);
    const { pid } = JSON.parse(readFileSync(join(dir, 'server.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    const before = load.acknowledged.length;
    await until('some load meanwhile', () => load.acknowledged.length > before + 200);

    const back = await launch(Number(server.address.split(':')[1]));
    assert.equal(back.address, server.address);
    await until('some load after', () => load.acknowledged.length > before + 250);
    await load.stop();
    await drained(serving);
    await stop(serving);
    assert.deepEqual(load.unknown, []);

    const client = createClient({
      connectionOptions: { address: back.address },
      namespace: 'default',
      configured: true,
    });
    for (const deliveryId of load.acknowledged) {
      await client.workflow.getHandle(workflowId({ sdkAppId: SDK_APP_ID, deliveryId })).describe();
    }
    await client.connection.close();
    await back.stop();
    folder.remove();
  });
});

describe('a damaged journal', () => {
  const PENDING = 400;
  const damages: { what: string; damage: (file: string) => void }[] = [
    {
      what: 'written over in places',
      damage: (file) => overwrite(file, [0.35, 0.6, 0.85], Buffer.alloc(512, 0xa5)),
    },
    { what: 'zeroed in pages', damage: (file) => overwrite(file, [0.4, 0.7], Buffer.alloc(8_192)) },
    { what: 'cut short', damage: (file) => truncateSync(file, Math.floor(statSync(file).size / 2)) },
  ];

  for (const { what, damage } of damages) {
    test(`given one ${what}, then the receiver comes up, invents nothing, and reports what it lost`, async () => {
      const folder = temporaryFolder();
      const settings = { DATA_DIR: folder.path, ...NOWHERE };
      const first = await serve(settings);
      const sent = Array.from({ length: PENDING }, (_, index) => `damaged-${index}`);
      for (const requestId of sent) {
        assert.equal((await postSigned(first.url, { requestId, pairs: [pairOf(requestId)] })).status, 200);
      }
      const countFile = join(folder.path, 'journal', 'pending-count');
      await until('the count of all', () => readFileSync(countFile, 'utf8') === String(PENDING));
      await first.process.kill();
      damage(join(folder.path, 'journal', 'data.mdb'));

      const second = await serve(settings);
      try {
        const took = await postSigned(second.url, { requestId: 'after-1', pairs: [pairOf('after-1')] });
        assert.equal(took.status, 200);
        const metrics = await (await fetch(`${second.ops}/metrics`)).text();
        const pending = Number(/^unfriend_journal_pending (\d+)$/m.exec(metrics)?.[1]);
        const whole = second.process.logs().some(({ msg }) => msg === 'journal checked');
        if (whole) {
          // The damage hit pages that nothing refers to.
          assert.equal(pending, PENDING + 1);
          return;
        }
        const kept = readdirSync(folder.path).filter((name) => name.startsWith('journal.corrupt-'));
        assert.equal(kept.length, 1);
        const setAsideSize = readFileSync(join(folder.path, String(kept[0]), 'data.mdb')).length;
        assert.ok(setAsideSize > 0);
        const report = second.process.logs().find((line) => 'lost' in line);
        assert.equal(pending - 1 + Number(report?.lost), PENDING);
        assert.match(metrics, /^unfriend_journal_damaged_total \d+$/m);
      } finally {
        await stop(second);
        folder.remove();
      }
    });
  }
});

function overwrite(file: string, places: number[], bytes: Buffer): void {
  const { size } = statSync(file);
  const fd = openSync(file, 'r+');
  for (const place of places) writeSync(fd, bytes, 0, bytes.length, Math.floor((size * place) / 4096) * 4096);
  closeSync(fd);
}
