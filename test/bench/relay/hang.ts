import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../../support/cleanup.ts';
import type { LedgerEndpoint } from '../../support/doubles/ledger-endpoint.ts';
import type { Figure, Scenario } from '../receiver/results.ts';
import { median } from '../statistics.ts';
import { LEAD_IN_MS, type RelayGenerator, type RelayLoad, startRelayGenerator } from './load.ts';
import { PASSED_THROUGH, startEndpoint, startReceiver } from './stage.ts';

const FRIEND_DELETE = 'Sns.CallbackFriendDelete';
/** Friend deletes per second. */
const RATE = 200;
const CONNECTIONS = 32;
const SECONDS = 5;
/** How many requests stay open at an endpoint that hangs. */
const OPEN = 500;
/** Each of them is open for `RELAY_TIMEOUT`, 1.5 s by default; a few more, for the rate is never quite met. */
const OTHERS_RATE = Math.round((OPEN / 1.5) * 1.1);
/** Until as many are open as there will be, in ms; the lead-in of the load generator comes on top. */
const SETTLE_MS = 1_700;
/** How often the open requests are counted, in ms. */
const COUNT_MS = 250;
/** The p99 of friend deletes while the endpoint hangs, in % of what it is while the endpoint answers. */
const PROMISED_PERCENT = 110;

/** Friend deletes beside other commands that the endpoint answers, or does not. `open`: the fewest that hung. */
type Beside = { friends: RelayLoad; others: RelayLoad; open: number };

type Round = { alone: RelayLoad; answers: Beside; hangs: Beside };

type Stage = { endpoint: LedgerEndpoint; url: string; friends: RelayGenerator; others: RelayGenerator };

/** An endpoint that hangs must not hold up what is acknowledged without it. */
export async function measureHang(rounds: number, cleanup: Cleanup, folder: string): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const endpoint = await startEndpoint({}, cleanup);
  const { url } = await startReceiver({ endpoint, folder }, cleanup);
  const stage = {
    endpoint,
    url,
    friends: startRelayGenerator(cleanup),
    others: startRelayGenerator(cleanup),
  };
  // By then the code of both ways is compiled.
  await measureBeside(stage, true);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await measureRound(stage, round % 2 === 1));
  return {
    name: 'Friend deletes while the endpoint hangs',
    how: `${RATE} friend deletes per second, each journaled and then answered; there is no Temporal, so the endpoint gets none of them. Meanwhile ${OTHERS_RATE} others per second, \`${PASSED_THROUGH}\`: the endpoint answers at once, or never. ${rounds} rounds of ${SECONDS} s each way, in turn; each figure is the median of the rounds.`,
    loadBefore,
    figures: figuresOf(measured),
  };
}

/** @param hangsFirst whoever comes second in one round comes first in the next */
async function measureRound(stage: Stage, hangsFirst: boolean): Promise<Round> {
  const { url, friends } = stage;
  const alone = await friends.measure(friendDeletes(url));
  if (hangsFirst) {
    const hangs = await measureBeside(stage, true);
    return { alone, hangs, answers: await measureBeside(stage, false) };
  }
  const answers = await measureBeside(stage, false);
  return { alone, answers, hangs: await measureBeside(stage, true) };
}

async function measureBeside({ endpoint, url, friends, others }: Stage, hangs: boolean): Promise<Beside> {
  await endpoint.hang(hangs);
  // Both have a lead-in; half a second more, so that the others go on until the last friend delete.
  const seconds = SETTLE_MS / 1_000 + SECONDS + 0.5;
  const job = { url, command: PASSED_THROUGH, connections: 2 * OPEN, rate: OTHERS_RATE, seconds };
  const besides = others.measure(job);
  await delay(SETTLE_MS);
  const measuring = friends.measure(friendDeletes(url));
  const open = await countOpen(endpoint, measuring);
  return { friends: await measuring, others: await besides, open };
}

function friendDeletes(url: string) {
  return { url, command: FRIEND_DELETE, connections: CONNECTIONS, rate: RATE, seconds: SECONDS };
}

/** The fewest that were open while friend deletes were measured. */
async function countOpen(endpoint: LedgerEndpoint, measuring: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = measuring.finally(() => {
    isDone = true;
  });
  let fewest = Number.POSITIVE_INFINITY;
  await delay(LEAD_IN_MS);
  while (!isDone) {
    fewest = Math.min(fewest, await endpoint.open());
    await Promise.race([done, delay(COUNT_MS)]);
  }
  return fewest;
}

function figuresOf(rounds: Round[]): Figure[] {
  const over = (figure: (round: Round) => number) => median(rounds.map(figure));
  const total = (count: (round: Round) => number) => rounds.reduce((sum, round) => sum + count(round), 0);
  const notOk = ({ endpoint, nobody, other }: RelayLoad) => endpoint + nobody + other;
  return [
    {
      what: 'open at the endpoint that hangs, the fewest of a round',
      value: over(({ hangs }) => hangs.open),
      unit: '',
      atLeast: OPEN,
    },
    {
      what: 'friend deletes not answered `OK`',
      value: total(
        ({ alone, answers, hangs }) => notOk(alone) + notOk(answers.friends) + notOk(hangs.friends),
      ),
      unit: '',
      atMost: 0,
    },
    {
      what: 'others answered otherwise than by the endpoint, while it answered',
      value: total(({ answers: { others } }) => others.nobody + others.unfriend + others.other),
      unit: '',
      atMost: 0,
    },
    {
      what: 'others answered otherwise than 504 without a body, while it hung',
      value: total(({ hangs: { others } }) => others.endpoint + others.unfriend + others.other),
      unit: '',
      atMost: 0,
    },
    { what: 'nothing else is sent, p50', value: over(({ alone }) => alone.p50), unit: 'ms' },
    { what: 'nothing else is sent, p99', value: over(({ alone }) => alone.p99), unit: 'ms' },
    { what: 'the endpoint answers, p50', value: over(({ answers }) => answers.friends.p50), unit: 'ms' },
    { what: 'the endpoint answers, p99', value: over(({ answers }) => answers.friends.p99), unit: 'ms' },
    { what: 'the endpoint hangs, p50', value: over(({ hangs }) => hangs.friends.p50), unit: 'ms' },
    { what: 'the endpoint hangs, p99', value: over(({ hangs }) => hangs.friends.p99), unit: 'ms' },
    {
      what: 'p99 while it hangs, of the p99 while it answers',
      value: over(({ answers, hangs }) => (100 * hangs.friends.p99) / answers.friends.p99),
      unit: '%',
      atMost: PROMISED_PERCENT,
    },
    {
      what: 'p99 while it hangs, of the p99 while nothing else is sent',
      value: over(({ alone, hangs }) => (100 * hangs.friends.p99) / alone.p99),
      unit: '%',
    },
  ];
}
