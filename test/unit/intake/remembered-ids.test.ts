import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { JournalIntake } from '../../../src/intake/journal-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { Journal } from '../../../src/journal/journal.ts';
import { requeue } from '../../../src/journal/operate/requeue.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';
import { SDK_APP_ID } from '../../support/stages/receiver.ts';

const WINDOW = 120_000;
const AT = 1_700_000_000_000;
const logger = createLogger('silent');
const metrics = createMetrics().journal;

let folder: ReturnType<typeof memoryFolder>;
let journal: Journal;
beforeEach(async () => {
  folder = memoryFolder();
  await open();
});
afterEach(async () => {
  await journal.close();
  folder.remove();
});

async function open(): Promise<void> {
  const dir = join(folder.path, 'journal');
  journal = await Journal.open({ dir, maxPending: 100, remember: WINDOW, metrics, logger });
}

/** To an intake of a process that has just started; returns its id, and whether it came before. */
async function send(requestId: string | undefined, to: string, receivedAt = AT): Promise<string> {
  const refuse = () => assert.fail('the journal takes it');
  const recent = new RecentCallbacks(WINDOW);
  const direct = new DirectIntake({ starter: { start: refuse, look: refuse }, recent, logger });
  const parts = { direct, recent, journaled: () => undefined, dedupeWindow: WINDOW, metrics, logger };
  const callback = named(requestId, to, receivedAt);
  const { deliveryId, duplicate } = await new JournalIntake({ journal, ...parts }).accept(callback);
  return duplicate ? `${deliveryId} again` : deliveryId;
}

function named(requestId: string | undefined, to: string, receivedAt = AT) {
  return callbackOf({ pairs: [{ from: 'a', to }], receivedAt, ...(requestId && { requestId }) });
}

function suffixOf(to: string, digits: number): string {
  return named('any', to).key.bodyHash.slice(0, digits);
}

/** Puts a callback into the quarantine, as if an earlier version could not read it, and takes it out again. */
async function requeued(requestId: string, to: string): Promise<string> {
  const pairs = [{ from: 'a', to }];
  const { body } = composeCallback({ sdkAppId: SDK_APP_ID, pairs, now: AT });
  const query = { CallbackCommand: 'Sns.CallbackFriendDelete', RequestId: requestId };
  const raw = { receivedAt: AT, query, body: Buffer.from(body).toString('base64') };
  await journal.quarantine({ kind: 'raw', reason: 'not read', quarantinedAt: AT, raw });
  const [quarantined] = [...journal.store.listQuarantined(1)];
  return requeue(journal.store, quarantined?.key ?? '', { sdkAppId: SDK_APP_ID });
}

test('given a RequestId that came with another body while a callback lay in the quarantine, then that gets the next free id', async () => {
  assert.equal(await send('r1', 'b'), 'r1');
  assert.equal(await send(`r1-${suffixOf('c', 8)}`, 'b'), `r1-${suffixOf('c', 8)}`);
  assert.equal(await requeued('r1', 'c'), `r1-${suffixOf('c', 16)}`);
  assert.equal(await requeued('r1', 'b'), 'r1');
});

test('given a callback that was requeued, then its RequestId is taken, for another body and for the next one requeued', async () => {
  assert.equal(await requeued('r1', 'b'), 'r1');
  assert.equal(await requeued('r1', 'c'), `r1-${suffixOf('c', 8)}`);
  assert.equal(await send('r1', 'd'), `r1-${suffixOf('d', 8)}`);
  assert.equal(await send('r1', 'b'), 'r1 again');
});

test('given a damaged journal, then what was taken over of it is recognised when it comes again, also without a RequestId', async () => {
  const unnamed = await send(undefined, 'b');
  assert.equal(await send('r1', 'b'), 'r1');
  const raw = { receivedAt: AT, query: {}, body: '' };
  await journal.quarantine({ kind: 'raw', reason: 'to be spoiled', quarantinedAt: AT, raw });
  await journal.close();
  const file = join(folder.path, 'journal', 'data.mdb');
  writeFileSync(file, readFileSync(file, 'latin1').replaceAll('to be spoiled', 'was spoiled !'), 'latin1');
  await open();

  assert.equal(journal.salvaged?.pending, 2);
  assert.equal(await send(undefined, 'b', AT + 1_000), `${unnamed} again`);
  assert.equal(await send('r1', 'b'), 'r1 again');
  assert.equal(await send('r1', 'c'), `r1-${suffixOf('c', 8)}`);
});

test('given no RequestId and a clock that was set back by more than the window, then what came before that makes no repeat a new delivery', async () => {
  const hour = Math.ceil(AT / 3_600_000) * 3_600_000;
  const before = await send(undefined, 'b', hour + 60_000);
  const after = await send(undefined, 'b', hour - 300_000);
  assert.notEqual(after, before);
  assert.equal(await send(undefined, 'b', hour - 290_000), `${after} again`);
  assert.equal(await send(undefined, 'b', hour + 70_000), `${before} again`);
});
