import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { composeCallback } from '../../src/callback/compose-request.ts';
import { endReceivers, KillableReceiver } from '../support/killable.ts';
import { FREE_PORTS } from '../support/process.ts';
import { type Answers, sendSteadily } from '../support/steady-sender.ts';
import { type StalledRequest, Strangers, unsigned } from '../support/strangers.ts';
import { memoryFolder } from '../support/temporal.ts';

const SDK_APP_ID = FREE_PORTS.SDK_APP_ID ?? '';
const TOKEN = FREE_PORTS.CALLBACK_TOKEN ?? '';
/** Each stalls a body of 1 MB. */
const COUNT = 400;
const MAX_GROWTH = 60e6;

const folder = memoryFolder();
let strangers: Strangers | undefined;
let receivers = 0;
afterEach(async () => {
  await strangers?.stop();
  strangers = undefined;
  await endReceivers();
});
after(() => folder.remove());

/** Journaled callbacks are all that is wanted here: Temporal is away. */
function serve(openFiles?: number): Promise<KillableReceiver> {
  receivers += 1;
  const DATA_DIR = join(folder.path, String(receivers));
  return KillableReceiver.start(
    { SDK_APP_ID, DATA_DIR, TEMPORAL_ADDRESS: '127.0.0.1:1', LOG_LEVEL: 'info' },
    openFiles,
  );
}

function send(url: string, newConnections: boolean): Promise<Answers> {
  return sendSteadily({ url, sdkAppId: SDK_APP_ID, token: TOKEN, rate: 25, seconds: 4, newConnections });
}

/** What the resident memory grows by, at most, while strangers stall and callbacks come. */
async function besideStrangers(receiver: KillableReceiver, kinds: StalledRequest[]) {
  const { url } = receiver;
  await send(url, false);
  const memory = () => receiver.metric('process_resident_memory_bytes');
  const before = await memory();
  strangers = await Strangers.start({ url, count: COUNT, kinds });
  const sending = Promise.all([send(url, false), send(url, true)]);
  let most = before;
  let isSent = false;
  const done = sending.finally(() => {
    isSent = true;
  });
  while (!isSent) most = Math.max(most, await memory());
  const answers = await done;
  return { growth: most - before, failures: answers.flatMap(({ failures }) => failures) };
}

/** For a minute, whoever sees a signed URL can send any body with it. */
function capturedQuery(): string {
  return composeCallback({ sdkAppId: SDK_APP_ID, token: TOKEN, pairs: [], now: Date.now() }).query.toString();
}

describe('many connections that stall', { concurrency: false }, () => {
  test('given strangers with large bodies, then memory stays, and every signed callback is acknowledged', async () => {
    const receiver = await serve();
    const { growth, failures } = await besideStrangers(receiver, unsigned(SDK_APP_ID));
    assert.deepEqual(failures, []);
    assert.ok(growth < MAX_GROWTH, `${growth / 1e6} MB`);
  });

  test('given large bodies with a captured signature, then memory stays, and callbacks of the usual size go on', async () => {
    const receiver = await serve();
    const { growth, failures } = await besideStrangers(receiver, [{ query: capturedQuery(), half: true }]);
    assert.deepEqual(failures, []);
    assert.ok(growth < MAX_GROWTH, `${growth / 1e6} MB`);
  });

  test('given more strangers than files can be opened, then every signed callback is acknowledged', async () => {
    const receiver = await serve(300);
    const limited = receiver.process.logs().find(({ openFiles }) => openFiles === 300);
    assert.ok(Number(limited?.connections) < 200, JSON.stringify(limited));
    const { failures } = await besideStrangers(receiver, unsigned(SDK_APP_ID));
    assert.deepEqual(failures, []);
    assert.ok((await receiver.metric('unfriend_connections_closed_total')) > 0);
    assert.ok((await receiver.metric('process_open_fds')) < 300);
  });
});
