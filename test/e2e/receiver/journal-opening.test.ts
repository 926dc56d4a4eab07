import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { workflowId } from '../../../workflows/contract.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { damageJournal, fillJournal } from '../../support/inputs/fill-journal.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

/** So many that taking them over keeps even a fast machine busy for seconds. */
const PENDING = 150_000;

/** What a busy machine may need to take over all of them, in ms. */
const TAKEN_OVER_MS = 300_000;

/** A stop that waited for the whole recovery would take longer, as would one with a half that has to be waited for, in ms. */
const STOPPED_MS = 60_000;

const folder = memoryFolder();
const damaged = join(folder.path, 'damaged');
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
  await fillJournal(damaged, PENDING);
  damageJournal(damaged);
});

const running: UnfriendProcess[] = [];
afterEach(() => Promise.all(running.splice(0).map((process) => process.kill())));
after(async () => {
  await temporal.stop();
  folder.remove();
});

type Receiver = { process: UnfriendProcess; url: string; ops: string };

async function serve(settings: ProcessSettings): Promise<Receiver> {
  const TEMPORAL_ADDRESS = String(temporal.settings.connectionOptions.address);
  const process = new UnfriendProcess(['serve'], { ...FREE_PORTS, TEMPORAL_ADDRESS, ...settings });
  running.push(process);
  const { url } = await process.log('taking callbacks');
  const { url: ops } = await process.log('health, readiness and metrics');
  return { process, url: String(url), ops: String(ops) };
}

/** A journal of a test's own that is damaged in the same places. */
function journal(name: string): string {
  const dir = join(folder.path, name);
  cpSync(damaged, dir, { recursive: true });
  return dir;
}

async function readyz({ ops }: Receiver) {
  const answer = await fetch(`${ops}/readyz`);
  const { components } = (await answer.json()) as { components: Record<string, { state: string }> };
  return { status: answer.status, journal: components.journal?.state ?? '' };
}

const metricsOf = async ({ ops }: Receiver) => (await fetch(`${ops}/metrics`)).text();
const isTakingOver = ({ process }: Receiver) =>
  process.logs().some(({ msg }) => String(msg).startsWith('the journal is damaged'));

/** What the recovery says that it lost, once it is over. */
const lostOf = ({ process }: Receiver) => process.logs().find((line) => 'lost' in line)?.lost;
async function lostBy(receiver: Receiver): Promise<number> {
  await until('the end of the recovery', () => lostOf(receiver) !== undefined, TAKEN_OVER_MS);
  return Number(lostOf(receiver));
}

/** Throws where there is none. */
const describeWorkflow = (deliveryId: string) => {
  const id = workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId });
  return temporal.client.workflow.getHandle(id).describe();
};

/** @returns the delivery id */
async function post(receiver: Receiver, callback: Parameters<typeof postSigned>[1]): Promise<string> {
  const answer = await postSigned(receiver.url, callback);
  assert.equal(answer.status, 200, await answer.text());
  return answer.headers.get('x-delivery-id') ?? '';
}

describe('a receiver whose large journal is damaged', { concurrency: false }, () => {
  test('given that it is being recovered, then callbacks are answered OK and have their workflows meanwhile, and are known afterwards', async () => {
    const receiver = await serve({ JOURNAL_DIR: journal('recovered') });
    await until('the recovery', () => isTakingOver(receiver), TAKEN_OVER_MS);
    const withId = await post(receiver, { requestId: 'meanwhile-1' });
    const pairs = [{ from: 'nobody', to: 'has-a-request-id' }];
    const withoutId = await post(receiver, { pairs });
    for (const deliveryId of [withId, withoutId]) await describeWorkflow(deliveryId);
    const meanwhile = await readyz(receiver);
    assert.match(meanwhile.journal, /^being opened/);
    assert.equal(meanwhile.status, 200);
    assert.doesNotMatch(await metricsOf(receiver), /^unfriend_journal_(pending|available) /m);

    assert.ok((await lostBy(receiver)) < PENDING / 2);
    await until('the journal', async () => (await readyz(receiver)).journal.includes('damaged at start'));
    assert.match(await metricsOf(receiver), /^unfriend_journal_pending \d/m);
    assert.equal(await post(receiver, { requestId: 'meanwhile-1' }), withId);
    assert.equal(await post(receiver, { pairs }), withoutId);
    assert.match(await metricsOf(receiver), /^unfriend_callbacks_total\{verdict="duplicate"\} [12]$/m);
  });

  test('given that it is being recovered and Temporal is away, then it is not ready', async () => {
    const receiver = await serve({ JOURNAL_DIR: journal('away'), TEMPORAL_ADDRESS: '127.0.0.1:1' });
    await until('the recovery', () => isTakingOver(receiver), TAKEN_OVER_MS);
    const { status, journal: state } = await readyz(receiver);
    assert.match(state, /^being opened/);
    assert.equal(status, 503);
  });

  test('given SIGTERM while it is being recovered, then it stops at once, and leaves the journal as it was', async () => {
    const JOURNAL_DIR = journal('stopped');
    const beside = () => readdirSync(folder.path).filter((name) => name.startsWith('stopped.'));
    const filesBefore = readdirSync(JOURNAL_DIR);
    const receiver = await serve({ JOURNAL_DIR });
    await until('the recovery', () => isTakingOver(receiver), TAKEN_OVER_MS);
    const startedAt = performance.now();
    receiver.process.child.kill('SIGTERM');
    assert.equal(await receiver.process.exit(), 0, receiver.process.stderr);
    assert.ok(performance.now() - startedAt < STOPPED_MS);
    assert.equal(lostOf(receiver), undefined, 'the recovery was over before the stop');
    assert.deepEqual(beside(), []);
    const added = readdirSync(JOURNAL_DIR).filter((name) => !filesBefore.includes(name));
    assert.deepEqual(added.sort(), ['owned.lock', 'owner.lock']);

    const next = await serve({ JOURNAL_DIR });
    assert.ok((await lostBy(next)) < PENDING / 2);
    assert.equal(beside().length, 1);
  });
});
