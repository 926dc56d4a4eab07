import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { endReceivers, KillableReceiver } from '../../support/doubles/killable.ts';
import { readAnswer, sendRaw } from '../../support/doubles/raw-http.ts';
import { type Answers, SteadySender } from '../../support/doubles/steady-sender.ts';
import { type StalledRequest, Strangers, unsigned } from '../../support/doubles/strangers.ts';
import { FREE_PORTS } from '../../support/servers/process.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';

const SDK_APP_ID = FREE_PORTS.SDK_APP_ID ?? '';
const TOKEN = FREE_PORTS.CALLBACK_TOKEN ?? '';
const COUNT = 800;
/** Half a body each would be 400 MB. */
const SIGNED_MB = 200;
/** Strangers hold on to what they sent, so that memory does not rise and fall between two looks. */
const LOOK_EVERY_MS = 100;
/** Half a body each of those without SdkAppid would be 200 MB. */
const UNSIGNED_MB = 100;

const folder = memoryFolder();
let strangers: Strangers | undefined;
let receivers = 0;
afterEach(async () => {
  await strangers?.stop();
  strangers = undefined;
  await endReceivers();
});
after(() => folder.remove());

/** Temporal is away: that callbacks are journaled is all that is wanted here. */
function serve(openFiles?: number): Promise<KillableReceiver> {
  receivers += 1;
  const DATA_DIR = join(folder.path, String(receivers));
  return KillableReceiver.start(
    { SDK_APP_ID, DATA_DIR, TEMPORAL_ADDRESS: '127.0.0.1:1', LOG_LEVEL: 'info' },
    openFiles,
  );
}

/** Patient: how fast a busy machine answers is for `npm run bench:door`. */
async function send(url: string, kept: number): Promise<Answers> {
  const sender = new SteadySender({ url, sdkAppId: SDK_APP_ID, token: TOKEN, kept, patience: 60_000 });
  const answers = await sender.send({ rate: 25, seconds: 4 });
  sender.close();
  return answers;
}

/** Callbacks while strangers stall. `growth`: what the resident memory grows by at most, in MB. */
async function besideStrangers(receiver: KillableReceiver, requests: StalledRequest[]) {
  const { url } = receiver;
  await send(url, 4);
  const memory = () => receiver.metric('process_resident_memory_bytes');
  const before = await memory();
  strangers = await Strangers.start({ url, count: COUNT, requests });
  await strangers.begin();
  let most = before;
  let isSent = false;
  // Over connections that are kept, and over new ones.
  const sent = Promise.all([send(url, 4), send(url, 0)]).finally(() => {
    isSent = true;
  });
  while (!isSent) {
    most = Math.max(most, await memory());
    await delay(LOOK_EVERY_MS);
  }
  const failures = (await sent).flatMap((answers) => answers.failures);
  return { growth: (most - before) / 1e6, failures };
}

/** For a minute, whoever sees a signed URL can send any body with it. */
function capturedQuery(): string {
  return composeCallback({ sdkAppId: SDK_APP_ID, token: TOKEN, pairs: [], now: Date.now() }).query.toString();
}

describe('given many connections that stall', { concurrency: false }, () => {
  test('that send unsigned requests, then memory hardly grows, and every signed callback is acknowledged', async () => {
    const { growth, failures } = await besideStrangers(await serve(), unsigned(SDK_APP_ID));
    assert.deepEqual(failures, []);
    assert.ok(growth < UNSIGNED_MB, `${growth} MB`);
  });

  test('that use a captured signature, then memory is bounded, and callbacks of the usual size are acknowledged', async () => {
    const captured: StalledRequest = { query: capturedQuery(), sends: 'half a body' };
    const { growth, failures } = await besideStrangers(await serve(), [captured]);
    assert.deepEqual(failures, []);
    assert.ok(growth < SIGNED_MB, `${growth} MB`);
  });

  test('and more of them than files can be opened, then every signed callback is acknowledged', async () => {
    const receiver = await serve(300);
    const limited = receiver.process.logs().find(({ openFiles }) => openFiles === 300);
    assert.ok(Number(limited?.connections) < 200, JSON.stringify(limited));
    const { failures } = await besideStrangers(receiver, unsigned(SDK_APP_ID));
    assert.deepEqual(failures, []);
    assert.ok((await receiver.metric('unfriend_connections_closed_total')) > 0);
    assert.ok((await receiver.metric('process_open_fds')) < 300);
  });
});

test('given half a head and nothing more, then it is refused after 10 s, and not after 30', async () => {
  const receiver = await serve();
  const startedAt = performance.now();
  const answer = await sendRaw(receiver.url, 'POST / HTTP/1.1\r\nHost: a\r\n');
  assert.equal(readAnswer(answer), '400 request: incomplete');
  assert.ok(performance.now() - startedAt < 20_000);
});
