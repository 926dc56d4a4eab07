import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from '@temporalio/client';
import type { TemporalSettings } from '../../../src/config/settings.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { NotDurableError } from '../../../src/intake/intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { FreshStarts } from '../../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../../src/temporal/start/start-delivery.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { callbackOf } from '../../support/inputs/callbacks.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { SDK_APP_ID } from '../../support/stages/receiver.ts';

const WINDOW = 60_000;

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
const clients: Client[] = [];
after(async () => {
  for (const client of clients) await client.connection.close();
  await temporal.stop();
});

describe('DirectIntake', () => {
  test('given a callback, then it is acknowledged once Temporal has its workflow', async () => {
    const { deliveryId, duplicate } = await receiver().accept(callbackOf({ requestId: 'first-1' }));
    assert.deepEqual({ deliveryId, duplicate }, { deliveryId: 'first-1', duplicate: false });
    const description = await describeDelivery('first-1');
    assert.equal(description.status.name, 'RUNNING');
    assert.equal(description.type, 'friendDeleted');
  });

  test('given the same RequestId and body again, then it is a duplicate, open or closed, on any receiver', async () => {
    const again = () => receiver().accept(callbackOf({ requestId: 'twice-1' }));
    assert.equal((await again()).duplicate, false);
    assert.deepEqual(await again(), { deliveryId: 'twice-1', duplicate: true });
    await temporal.client.workflow.getHandle(idOf('twice-1')).terminate('closed for the test');
    assert.deepEqual(await again(), { deliveryId: 'twice-1', duplicate: true });
  });

  test('given the same RequestId with another body, then it is a delivery of its own, and repeats of it are duplicates', async () => {
    const intake = receiver();
    await intake.accept(callbackOf({ requestId: 'other-1' }));
    const other = callbackOf({ requestId: 'other-1', pairs: [{ from: 'x', to: 'y' }] });
    const first = await intake.accept(other);
    assert.match(first.deliveryId, /^other-1-[0-9a-f]{8}$/);
    assert.equal(first.duplicate, false);
    assert.deepEqual(await intake.accept(other), { ...first, duplicate: true });
  });

  test('given 20 equal callbacks at the same instant on two receivers, then there is one workflow', async () => {
    const receivers = [receiver(), receiver()];
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        // The race counts here, not the time it takes on a busy machine.
        (receivers[index % 2] as DirectIntake).accept(callbackOf({ requestId: 'raced-1' }), 30_000),
      ),
    );
    assert.equal(receipts.filter(({ duplicate }) => !duplicate).length, 1);
    assert.deepEqual([...new Set(receipts.map(({ deliveryId }) => deliveryId))], ['raced-1']);
  });

  test('given equal callbacks without a RequestId, then within the window they are one delivery, after it two', async () => {
    let now = 0;
    const intake = receiver({ clock: () => now });
    const pairs = [{ from: 'alice', to: 'bob' }];
    const first = await intake.accept(callbackOf({ pairs, receivedAt: 1_700_000_000_000 }));
    assert.match(first.deliveryId, /^[0-9a-f]{24}-1700000000000$/);
    now = WINDOW - 1;
    assert.deepEqual(await intake.accept(callbackOf({ pairs, receivedAt: 1_700_000_059_999 })), {
      ...first,
      duplicate: true,
    });
    now = WINDOW;
    const later = await intake.accept(callbackOf({ pairs, receivedAt: 1_700_000_060_000 }));
    assert.equal(later.duplicate, false);
    assert.notEqual(later.deliveryId, first.deliveryId);
  });

  test('given no Temporal, then the callback is refused before the sender loses patience', async () => {
    const nowhere = { ...temporal.settings, connectionOptions: { address: '127.0.0.1:1' } };
    const startedAt = performance.now();
    await assert.rejects(
      receiver({ settings: nowhere }).accept(callbackOf({ requestId: 'lost-1' })),
      NotDurableError,
    );
    assert.ok(performance.now() - startedAt < 1_900, 'within the vendor’s 2 s');
  });
});

/** A receiver of its own: nothing is shared with another but Temporal. */
function receiver({
  settings = temporal.settings,
  clock = () => 0,
}: Partial<{ settings: TemporalSettings; clock: () => number }> = {}): DirectIntake {
  const freshStarts = new FreshStarts();
  const client = createClient(settings, [freshStarts.interceptor]);
  clients.push(client);
  const starter = new DeliveryStarter(client, freshStarts, {
    taskQueue: 'nobody-works-here',
    plan: { sideEffects: [], notifyRecipient: 'from', retryFor: 1_000 },
    indexAccounts: true,
  });
  return new DirectIntake({
    starter,
    recent: new RecentCallbacks(WINDOW, clock),
    logger: createLogger('silent'),
  });
}

function idOf(deliveryId: string): string {
  return workflowId({ sdkAppId: SDK_APP_ID, deliveryId });
}

function describeDelivery(deliveryId: string) {
  return temporal.client.workflow.getHandle(idOf(deliveryId)).describe();
}
