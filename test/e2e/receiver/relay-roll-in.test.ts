/**
 * How an app gets Unfriend in front of its endpoint, and out again: the callback URL in the vendor's console is switched
 * under load. RELAY_DURABLE=off is for the first day: Unfriend passes everything through but the friend deletes, which it
 * acknowledges and processes itself. The endpoint gets no friend delete then. With RELAY_DURABLE=Sns.CallbackFriendDelete
 * the endpoint gets each of them too.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { workflowId } from '../../../workflows/contract.ts';
import { Arrivals, answererOf } from '../../support/arrivals.ts';
import { endReceivers, KillableReceiver } from '../../support/doubles/killable.ts';
import { LedgerEndpoint } from '../../support/doubles/ledger-endpoint.ts';
import { MixedSender, type SentCallback } from '../../support/doubles/mixed-sender.ts';
import { FREE_PORTS, UnfriendProcess } from '../../support/servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const FRIEND_DELETE = 'Sns.CallbackFriendDelete';
const COMMANDS = [
  'C2C.CallbackBeforeSendMsg',
  FRIEND_DELETE,
  'C2C.CallbackAfterSendMsg',
  'Sns.CallbackPrevFriendAdd',
];
/** Callbacks per second. */
const RATE = 20;
/** Callbacks that whoever stands at the callback URL gets before anything else happens. */
const SOME = 12;
/** Patient: how fast a busy machine answers is for `npm run bench:relay`. In ms. */
const PATIENCE = 10_000;
const { SDK_APP_ID = '', CALLBACK_TOKEN = '' } = FREE_PORTS;

const ENDPOINT = 'the endpoint';
const ENDPOINT_AGAIN = 'the endpoint again';
const OFF = 'off';

// In memory: a disk that others keep busy would hold up a commit, and have callbacks refused.
const folder = memoryFolder();
const ledger = join(folder.path, 'ledger.jsonl');
let temporal: TestTemporal;
let endpoint: LedgerEndpoint;
let worker: UnfriendProcess;
before(async () => {
  temporal = await startTestTemporal();
  endpoint = await LedgerEndpoint.start({ token: CALLBACK_TOKEN, ledger });
  worker = new UnfriendProcess(['work'], { ...FREE_PORTS, ...settings() });
  await worker.log('working');
});
after(async () => {
  await endReceivers();
  await worker.kill();
  await endpoint.kill();
  await temporal.stop();
  folder.remove();
});

function settings() {
  return {
    SDK_APP_ID,
    TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
    RELAY_URL: endpoint.url,
    RELAY_TIMEOUT: '10s',
    DRAIN_DELAY: '1s',
    CACHE_URL: 'off',
    SEARCH_URL: 'off',
    NOTIFY_URL: 'off',
  };
}

/** What stands at the callback URL. `via` is its RELAY_DURABLE, where it is Unfriend. */
type Place = { url: string; via: string; isReady: boolean; ops?: string };

/** The callback URL of the vendor's console, and the load balancer behind it. */
class CallbackUrl {
  places: Place[];
  #index = 0;

  constructor(places: Place[]) {
    this.places = places;
  }

  target(): Place {
    this.#index += 1;
    const ready = this.places.filter(({ isReady }) => isReady);
    const place = ready[this.#index % ready.length] ?? this.places[0];
    if (!place) throw new Error('nothing stands at the callback URL');
    return place;
  }

  /** Asks each receiver again and again whether it is ready, as a load balancer does. */
  async watch(isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      for (const place of [...this.places]) {
        if (!place.ops) continue;
        const response = await fetch(`${place.ops}/readyz`).catch(() => undefined);
        place.isReady = response?.status === 200;
      }
      await delay(50);
    }
  }
}

async function startPassingThrough(index: number): Promise<KillableReceiver> {
  const DATA_DIR = join(folder.path, String(index));
  return KillableReceiver.start({ ...settings(), DATA_DIR, RELAY_DURABLE: OFF });
}

function placeOf({ url, ops }: KillableReceiver, via: string): Place {
  return { url, ops, via, isReady: true };
}

/** Of a friend delete Unfriend answers that it has it; of everything else the answer is the endpoint's own. */
function isAsPromised(callback: SentCallback): boolean {
  const isUnfriends = callback.command === FRIEND_DELETE && !isDirect(callback);
  return answererOf(callback) === (isUnfriends ? 'unfriend' : 'endpoint');
}

function isDirect({ via }: SentCallback): boolean {
  return via === ENDPOINT || via === ENDPOINT_AGAIN;
}

describe('Unfriend comes in front of an endpoint under load, and goes again', () => {
  test('given a roll-in, a rolling restart and a roll-back, then no callback is refused and each that the endpoint is to get arrives', async () => {
    const console = new CallbackUrl([{ url: endpoint.url, via: ENDPOINT, isReady: true }]);
    const sender = new MixedSender({
      sdkAppId: SDK_APP_ID,
      token: CALLBACK_TOKEN,
      name: 'roll-in',
      commands: COMMANDS,
      target: () => console.target(),
      patience: PATIENCE,
    });
    let isDone = false;
    const sending = sender.send({ rate: RATE, isDone: () => isDone });
    const watching = console.watch(() => isDone);
    const answeredVia = (via: string) => sender.sent.filter((each) => each.via === via && each.status);
    const someVia = (via: string) => until(`load on: ${via}`, () => answeredVia(via).length >= SOME);

    let passedOff: SentCallback[] = [];
    try {
      await someVia(ENDPOINT);
      const receivers = await Promise.all([startPassingThrough(0), startPassingThrough(1)]);
      console.places = receivers.map((receiver) => placeOf(receiver, OFF));
      await someVia(OFF);
      // Later ones can reach a receiver that was restarted meanwhile.
      passedOff = [...answeredVia(OFF)];
      for (const [index, receiver] of receivers.entries()) {
        const durable = `${FRIEND_DELETE} by ${index}`;
        assert.equal(await receiver.terminate(), 0);
        // Before the restart: the watch finds the new receiver ready at the address of the old one.
        console.places[index] = { ...placeOf(receiver, durable), isReady: false };
        await receiver.restart({ RELAY_DURABLE: FRIEND_DELETE });
        await someVia(durable);
      }
      console.places = [{ url: endpoint.url, via: ENDPOINT_AGAIN, isReady: true }];
      await someVia(ENDPOINT_AGAIN);
    } finally {
      isDone = true;
      await Promise.all([sending, watching]);
    }
    await assertNothingLost(sender.sent);
    await assertUnfriendsAlone(passedOff.filter(({ command }) => command === FRIEND_DELETE));
  });
});

async function assertNothingLost(sent: SentCallback[]): Promise<void> {
  assert.deepEqual(
    sent.filter((callback) => !isAsPromised(callback)),
    [],
  );
  const forEndpoint = sent.filter(({ command, via }) => !(command === FRIEND_DELETE && via === OFF));
  await until(
    'every callback that the endpoint is to get',
    () => Arrivals.read(ledger).lostOf(forEndpoint).length === 0,
    60_000,
  );
  const arrivals = Arrivals.read(ledger);
  assert.deepEqual(arrivals.inventedBeside(sent), []);
  assert.ok(arrivals.all.every(({ isSigned }) => isSigned));
}

/** With RELAY_DURABLE=off the endpoint does not get friend deletes: Unfriend has them. */
async function assertUnfriendsAlone(callbacks: SentCallback[]): Promise<void> {
  const arrivals = Arrivals.read(ledger);
  assert.ok(callbacks.length > 0);
  for (const callback of callbacks) {
    assert.equal(arrivals.timesOf(callback), 0);
    const id = workflowId({ sdkAppId: SDK_APP_ID, deliveryId: callback.deliveryId ?? '' });
    await until('its workflow', () => hasWorkflow(id));
  }
}

async function hasWorkflow(id: string): Promise<boolean> {
  const handle = temporal.client.workflow.getHandle(id);
  return handle.describe().then(
    () => true,
    () => false,
  );
}
