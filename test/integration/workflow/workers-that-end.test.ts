import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import type { DeliveryPlan, Pair } from '../../../workflows/contract.ts';
import { childModule } from '../../support/child-module.ts';
import { countEvents } from '../../support/histories.ts';
import { repeated, twoWay } from '../../support/recorded-acts.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { startWorkflow, workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

const PAIRS = twoWay(40);
const WORKER = childModule('../../support/doubles/slow-worker', import.meta.url);

let temporal: TestTemporal;
const folder = temporaryFolder();
const workers: ChildProcess[] = [];
before(async () => {
  temporal = await startTestTemporal();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) {
    worker.kill('SIGKILL');
    if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
  }
});
after(async () => {
  await temporal.stop();
  folder.remove();
});

/** A delivery whose only side effect is slow, and what workers got done of it. */
async function startSlow(pairs: Pair[], plan: Partial<DeliveryPlan>) {
  const taskQueue = `test-${randomUUID()}`;
  const file = join(folder.path, taskQueue);
  const input = workflowInput(pairs, { sideEffects: [{ name: 'clearCaches', per: 'pair' }], ...plan });
  return {
    handle: await startWorkflow(temporal, taskQueue, input),
    done: () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []),
    startWorker(msAPair: number, step = 0): ChildProcess {
      const { connectionOptions, namespace } = temporal.settings;
      const where = [String(connectionOptions.address), namespace, taskQueue, file];
      const args = [...WORKER.execArgv, WORKER.file, ...where, String(msAPair), String(step)];
      const worker = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
      workers.push(worker);
      return worker;
    },
  };
}

/** One batch of 80 pairs, eight at once. */
const startBatch = () => startSlow(PAIRS, { batch: { above: 10, size: 100 } });

/** Eight local activities, all at once. */
const startLocal = () => startSlow(PAIRS.slice(0, 8), { firstPass: 'local' });

describe('a batch whose worker ends', () => {
  test('given kill -9 in the middle, then another worker goes on where the last heartbeat was', async () => {
    const { handle, done, startWorker } = await startBatch();
    const first = startWorker(700);
    // Five rounds of eight take 3.5 s, and the first heartbeat comes after 2 s.
    await until('half of the batch to be done', () => done().length >= 40, 60_000);
    const early = done().slice(0, 16);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const killedAt = done().length;
    startWorker(1);
    const { sideEffects } = await handle.result();
    assert.equal(sideEffects.clearCaches?.done, PAIRS.length);
    const again = repeated(done().map((key) => ({ key })));
    assert.equal(new Set(done()).size, PAIRS.length);
    assert.equal(done().length, PAIRS.length + again.length);
    assert.ok(killedAt < PAIRS.length && again.length <= killedAt - early.length, `${again.length} repeated`);
    for (const key of early) assert.ok(!again.includes(key), key);
  });

  test('given a worker that is stopped in the middle, then nothing is done twice', async () => {
    const { handle, done, startWorker } = await startBatch();
    const first = startWorker(2_000);
    await until('the batch to be under way', () => done().length >= 8, 60_000);
    first.kill('SIGTERM');
    const [code] = await once(first, 'exit');
    assert.equal(code, 0);
    const stoppedAt = done().length;
    assert.ok(stoppedAt > 8 && stoppedAt < PAIRS.length, `${stoppedAt} done`);
    startWorker(1);
    const { sideEffects } = await handle.result();
    assert.equal(sideEffects.clearCaches?.done, PAIRS.length);
    assert.equal(done().length, PAIRS.length);
  });
});

describe('a local first pass whose worker ends', () => {
  test('given kill -9 after half of it, then another worker does all of it again under the same keys', async () => {
    const { handle, done, startWorker } = await startLocal();
    const first = startWorker(200, 200);
    await until('half of it to be done', () => done().length >= 4, 60_000);
    first.kill('SIGKILL');
    await once(first, 'exit');
    const killedAt = done();
    assert.ok(killedAt.length < 8, `${killedAt.length} done`);
    startWorker(1);
    const { sideEffects } = await handle.result();
    assert.equal(sideEffects.clearCaches?.done, 8);
    assert.equal(new Set(done()).size, 8);
    assert.deepEqual(done().slice(killedAt.length).sort(), [...new Set(done())].sort());
  });

  test('given a worker that is stopped in the middle, then what is under way ends, and nothing is done twice', async () => {
    const { handle, done, startWorker } = await startLocal();
    const first = startWorker(2_000);
    await until(
      'the first pass to begin',
      async () =>
        (await countEvents({ ...handle, client: temporal.client })).EVENT_TYPE_WORKFLOW_TASK_STARTED === 1,
      60_000,
    );
    first.kill('SIGTERM');
    const [code] = await once(first, 'exit');
    assert.equal(code, 0);
    startWorker(1);
    const { sideEffects } = await handle.result();
    assert.equal(sideEffects.clearCaches?.done, 8);
    assert.equal(done().length, 8);
  });
});
