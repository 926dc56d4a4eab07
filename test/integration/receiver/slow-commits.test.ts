import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { intakeStage } from '../../support/stages/intake-stage.ts';

const { startJournaling, hold, startedPairs } = intakeStage();

describe('a commit that is only slow', () => {
  const pairs = [{ from: 'slow', to: 'disk' }];

  test('given a RequestId that came before with another body, then the second way starts it under the id that the journal chose', async () => {
    const receiver = await startJournaling();
    const first = callbackOf({ requestId: 'slow-1', pairs });
    const second = callbackOf({ requestId: 'slow-1', pairs: [{ from: 'slow', to: 'other' }] });
    await receiver.intake.accept(first);
    const held = await hold();
    const chosen = `slow-1-${second.key.bodyHash.slice(0, 8)}`;
    assert.deepEqual(await receiver.intake.accept(second), { deliveryId: chosen, duplicate: false });
    assert.deepEqual(await receiver.intake.accept(second), { deliveryId: chosen, duplicate: true });
    assert.equal(await startedPairs('slow-1'), undefined, 'the first one waits in the journal');
    await held.letGo();

    await receiver.handOver();
    assert.deepEqual(await startedPairs('slow-1'), pairs);
    assert.deepEqual(await startedPairs(chosen), [{ from: 'slow', to: 'other' }]);
    assert.equal(await startedPairs(`slow-1-${first.key.bodyHash.slice(0, 8)}`), undefined);
  });

  test('given no RequestId, then the second way and the journal have one id for it, whatever comes again meanwhile', async () => {
    const receiver = await startJournaling();
    const at = Date.now();
    const held = await hold();
    const first = await receiver.intake.accept(callbackOf({ pairs, receivedAt: at }));
    const again = { ...first, duplicate: true };
    assert.equal(first.duplicate, false);
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 1_000 })), again);
    await held.letGo();
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 2_000 })), again);
    await receiver.handOver();
    assert.deepEqual(await receiver.intake.accept(callbackOf({ pairs, receivedAt: at + 3_000 })), again);
    assert.deepEqual(await startedPairs(first.deliveryId), pairs);
  });

  test('given no RequestId, and Temporal away for a moment, then what is sent again after the refusal is the same delivery', async () => {
    const outage = { isOn: true };
    const receiver = await startJournaling(outage);
    const at = Date.now();
    const send = (receivedAt: number) => receiver.intake.accept(callbackOf({ pairs, receivedAt }));
    const held = await hold();
    await assert.rejects(send(at), { name: 'NotDurableError' });
    outage.isOn = false;
    const { deliveryId } = await send(at + 1_000);
    assert.match(deliveryId, new RegExp(`-${at}$`));
    await held.letGo();

    await receiver.handOver();
    assert.deepEqual(await startedPairs(deliveryId), pairs);
    assert.equal(await startedPairs(deliveryId.replace(/\d+$/, String(at + 1_000))), undefined);
  });
});

test('given a disk that hangs, then the number of refused callbacks that wait for the quarantine is bounded, and those that wait are kept in the end', async () => {
  const receiver = await startJournaling();
  const held = await hold();
  const raw = { receivedAt: Date.now(), query: {}, body: '' };
  const waiting = Array.from({ length: 32 }, () => receiver.intake.keepRefused(raw, 'broken'));
  await receiver.intake.keepRefused(raw, 'broken');
  assert.equal(receiver.journal.store.quarantinedCount, 0);
  await held.letGo();
  await Promise.all(waiting);
  assert.equal(receiver.journal.store.quarantinedCount, 32);
});
