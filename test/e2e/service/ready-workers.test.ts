import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { createSearchAttributes } from '../../../src/temporal/search-attributes.ts';
import { KillableTemporal } from '../../support/doubles/killable.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { TemporalProxy } from '../../support/servers/temporal-proxy.ts';
import { until } from '../../support/until.ts';

/** Nobody listens there. */
const NOWHERE = '127.0.0.1:1';

/** What a stop may take on a busy machine, in ms. */
const STOPPED_MS = 60_000;

type Component = { ready: boolean; state: string };
type Ready = { status: number; components: Record<string, Component> };

const folder = temporaryFolder();
let temporal: KillableTemporal;
before(async () => {
  temporal = await KillableTemporal.start();
  await createSearchAttributes(temporal.client);
});

const running: UnfriendProcess[] = [];
afterEach(() => Promise.all(running.splice(0).map((process) => process.kill())));
after(async () => {
  await temporal.stop();
  folder.remove();
});

async function run(command: 'start' | 'serve' | 'work', settings: ProcessSettings) {
  const process = new UnfriendProcess([command], {
    ...FREE_PORTS,
    DATA_DIR: folder.path,
    TEMPORAL_ADDRESS: temporal.address,
    ...settings,
  });
  running.push(process);
  const { url: ops } = await process.log('health, readiness and metrics');
  const readyz = async (): Promise<Ready> => {
    const answer = await fetch(`${ops}/readyz`);
    const { components } = (await answer.json()) as Pick<Ready, 'components'>;
    return { status: answer.status, components };
  };
  const untilReady = (what: string, isSo: (ready: Ready) => boolean) =>
    until(what, async () => isSo(await readyz()), STOPPED_MS);
  return { process, readyz, untilReady };
}

const isReady = ({ status: code }: Ready) => code === 200;

describe('GET /readyz', { concurrency: false }, () => {
  test('given a worker of start that does not poll, then the receiver stays ready, and the worker says why', async () => {
    const { process, untilReady } = await run('start', { TEMPORAL_ADDRESS: NOWHERE });
    await untilReady(
      'a receiver that is ready beside a worker that is not',
      (ready) => isReady(ready) && /^trying again: /.test(ready.components.worker?.state ?? ''),
    );
    const { url } = await process.log('taking callbacks');
    assert.equal((await postSigned(String(url), { requestId: 'beside-a-worker-1' })).status, 200);
  });

  test('of work names worker, Temporal and every side effect, and what the last attempts did', async () => {
    const worker = await run('work', { NOTIFY_URL: 'off' });
    await worker.untilReady(
      'a worker that polls, and has looked at its backends',
      (ready) => isReady(ready) && ready.components.backends?.state === 'all in order',
    );
    const { components } = await worker.readyz();
    assert.deepEqual(components, {
      worker: { ready: true, state: 'running' },
      temporal: { ready: true, state: 'reachable' },
      backends: { ready: true, state: 'all in order' },
      clearCaches: { ready: true, state: 'no attempt yet' },
      updateSearchIndex: { ready: true, state: 'no attempt yet' },
    });
    const receiver = await run('serve', { NOTIFY_URL: 'off' });
    const { url } = await receiver.process.log('taking callbacks');
    assert.equal((await postSigned(String(url), { requestId: 'attempted-1' })).status, 200);
    await worker.untilReady('an attempt', (ready) =>
      /^last attempt done \d+ s ago$/.test(ready.components.clearCaches?.state ?? ''),
    );
  });

  test('given Temporal away for a while, then work is not ready meanwhile, and ready by itself afterwards', async () => {
    const { untilReady } = await run('work', {});
    await untilReady('a worker that polls', isReady);
    await temporal.kill();
    await untilReady(
      'a worker that does not poll',
      (ready) => ready.status === 503 && /^unreachable: /.test(ready.components.temporal?.state ?? ''),
    );
    const late = await run('work', {});
    await late.untilReady('the reason', ({ components: { worker } }) =>
      /^trying again: /.test(worker?.state ?? ''),
    );
    await temporal.restart();
    await untilReady('the one that was there before', isReady);
    await late.untilReady('the one that started meanwhile', isReady);
  });
});

test('given a worker that could not be created, when it is told to stop, then its process ends', async () => {
  const proxy = await TemporalProxy.start(temporal.address);
  try {
    // The SDK asks once more as it creates the worker, and leaves a thread behind where that fails.
    const refusal = { code: status.PERMISSION_DENIED, message: 'made up', after: 1 };
    proxy.refusals.set('/DescribeNamespace', refusal);
    const { process } = await run('work', { TEMPORAL_ADDRESS: proxy.address });
    await process.log('the worker can not work: trying again');
    const startedAt = performance.now();
    process.child.kill('SIGTERM');
    assert.equal(await process.exit(), 0, process.stderr);
    assert.ok(performance.now() - startedAt < STOPPED_MS);
  } finally {
    await proxy.stop();
  }
});
