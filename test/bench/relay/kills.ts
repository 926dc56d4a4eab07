import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Arrivals } from '../../support/arrivals.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import type { LedgerEndpoint } from '../../support/doubles/ledger-endpoint.ts';
import { MixedSender } from '../../support/doubles/mixed-sender.ts';
import { FREE_PORTS, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';
import type { Scenario } from '../receiver/results.ts';
import { checkArrivals } from './check-arrivals.ts';
import { startEndpoint, startReceiver } from './stage.ts';

/** Of ten, four are "before" commands, four others are passed through, and two are relayed durably. */
const COMMANDS = [
  'C2C.CallbackBeforeSendMsg',
  'Sns.CallbackFriendDelete',
  'State.StateChange',
  'Group.CallbackBeforeSendMsg',
  'C2C.CallbackAfterSendMsg',
  'Sns.CallbackBlackListAdd',
  'Sns.CallbackPrevFriendAdd',
  'C2C.CallbackAfterMsgReport',
  'C2C.CallbackBeforeSendMsg',
  'Group.CallbackAfterSendMsg',
];
/** `Sns.CallbackPrevFriendAdd` has that prefix too, and is a "before" command. */
const DURABLE = 'Sns.*';
/** Callbacks per second. */
const RATE = 150;
/** Long enough for requests to be in flight when the endpoint is killed. */
const ANSWERS_AFTER_MS = 5;
/** How long the endpoint stays away, in ms; its own start comes on top. */
const AWAY_MS = 500;
/** The vendor waits no longer, in ms. */
const PATIENCE_MS = 2_000;
/** How long what was acknowledged may take to get to the endpoint, after the last callback. */
const HANDOVER_MS = 150_000;
/** How often the ledger is read meanwhile, in ms: to read it takes a core for a moment. */
const LOOK_MS = 1_000;

export type KillOptions = { callbacks: number; kills: number; folder: string };

/** An endpoint that crashes again and again: who is answered, and what arrives. */
export async function measureKills(
  { callbacks, kills, folder }: KillOptions,
  cleanup: Cleanup,
): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const ledger = join(folder, 'ledger.jsonl');
  const endpoint = await startEndpoint({ ledger, answersAfter: ANSWERS_AFTER_MS }, cleanup);
  const temporal = await startTestTemporal({ own: true });
  cleanup.defer(() => temporal.stop());
  const receiver = await startUnfriend({ endpoint, folder, temporal }, cleanup);
  const { url } = receiver;
  const sender = new MixedSender({
    sdkAppId: SDK_APP_ID,
    token: TOKEN,
    name: 'kills',
    commands: COMMANDS,
    target: () => ({ url, via: 'unfriend' }),
    patience: PATIENCE_MS,
  });
  const sending = sender.send({ rate: RATE, isDone: () => sender.sent.length >= callbacks });
  const killing = killAgainAndAgain(endpoint, kills, () => sender.sent.length / callbacks);
  const [killed] = await Promise.all([killing, sending]);
  const sentAt = performance.now();
  await until(
    'all that was acknowledged to arrive',
    async () => {
      await delay(LOOK_MS);
      return Arrivals.read(ledger).lostOf(sender.sent).length === 0;
    },
    HANDOVER_MS,
  ).catch((error) => console.error(String(error)));
  const handover = (performance.now() - sentAt) / 1_000;
  const parked = await temporal.client.workflow.count('UnfriendStatus = "NeedsAttention"');
  return {
    name: `${callbacks.toLocaleString('en')} callbacks, and an endpoint that is killed ${kills} times`,
    how: `${RATE} a second, of mixed commands, \`RELAY_DURABLE=${DURABLE}\`. The endpoint is killed (kill -9) with requests in flight, stays away for half a second, and starts again. It verifies Sign and RequestTime by itself, and writes down each callback before it answers; what it wrote is compared with what was sent and answered.`,
    loadBefore,
    figures: [
      { what: 'the endpoint was killed and started again', value: killed, unit: 'times', atLeast: kills },
      ...checkArrivals(sender.sent, Arrivals.read(ledger)),
      { what: 'until all had arrived, after the last was sent', value: handover, unit: 's' },
      {
        what: 'still in the journal then',
        value: await receiver.metric('unfriend_journal_pending'),
        unit: '',
      },
      {
        what: 'parked then',
        value: parked.count,
        unit: '',
        atMost: 0,
      },
    ],
  };
}

/** A receiver and a worker. */
async function startUnfriend(
  { endpoint, folder, temporal }: { endpoint: LedgerEndpoint; folder: string; temporal: TestTemporal },
  cleanup: Cleanup,
): Promise<KillableReceiver> {
  const settings = {
    SDK_APP_ID,
    CALLBACK_TOKEN: TOKEN,
    TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
    RELAY_URL: endpoint.url,
    RELAY_DURABLE: DURABLE,
    CACHE_URL: 'off',
    SEARCH_URL: 'off',
    NOTIFY_URL: 'off',
    LOG_LEVEL: 'warn',
  };
  const worker = new UnfriendProcess(['work'], { ...FREE_PORTS, ...settings, LOG_LEVEL: 'info' });
  cleanup.defer(() => worker.kill());
  await worker.log('working');
  return startReceiver({ endpoint, folder, settings }, cleanup);
}

/**
 * Spread evenly over what is sent.
 *
 * @returns how often it was killed and came back
 */
async function killAgainAndAgain(
  endpoint: LedgerEndpoint,
  kills: number,
  progress: () => number,
): Promise<number> {
  let killed = 0;
  while (killed < kills) {
    const share = (killed + 0.5) / kills;
    await until('the next time to kill', () => progress() >= share, HANDOVER_MS);
    await endpoint.kill();
    await delay(AWAY_MS);
    await endpoint.restart();
    killed += 1;
  }
  return killed;
}
