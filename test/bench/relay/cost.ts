import { loadavg } from 'node:os';
import type { Cleanup } from '../../support/cleanup.ts';
import type { Figure, Scenario } from '../receiver/results.ts';
import { median } from '../statistics.ts';
import { type RelayGenerator, type RelayLoad, startRelayGenerator } from './load.ts';
import { PASSED_THROUGH, startEndpoint, startReceiver } from './stage.ts';

const CONNECTIONS = 32;
/** By then the code of both is compiled. */
const WARM_UP_SECONDS = 3;
const SECONDS = 5;
/** What a callback may take longer than the same endpoint asked directly, at the median, in ms. */
const PROMISED_MS = 2;

type Round = { direct: RelayLoad; relayed: RelayLoad };

/** What it costs that Unfriend stands in front of the endpoint. */
export async function measureCost(rounds: number, cleanup: Cleanup, folder: string): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const endpoint = await startEndpoint({}, cleanup);
  const receiver = await startReceiver({ endpoint, folder }, cleanup);
  const load = startRelayGenerator(cleanup);
  const ask = askWith(load);

  await ask(endpoint.url, WARM_UP_SECONDS);
  await ask(receiver.url, WARM_UP_SECONDS);
  const direct = await ask(endpoint.url, SECONDS);
  const top = await ask(receiver.url, SECONDS);
  const rate = Math.round(top.answersPerSecond / 2);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    // Whoever comes second in one round comes first in the next.
    const order = round % 2 === 0 ? (['direct', 'relayed'] as const) : (['relayed', 'direct'] as const);
    const both: Partial<Round> = {};
    for (const way of order)
      both[way] = await ask(way === 'direct' ? endpoint.url : receiver.url, SECONDS, rate);
    measured.push(both as Round);
  }
  return {
    name: 'A callback that is passed through, compared with the same endpoint asked directly',
    how: `\`${PASSED_THROUGH}\` over ${CONNECTIONS} connections. First as many as are answered. Then, for each way in turn, half of what was answered through the receiver, at a steady rate: ${rounds} rounds of ${SECONDS} s. The times are from the moment at which a callback was due; each figure is the median of the rounds.`,
    loadBefore,
    figures: [
      { what: 'answers per second, directly', value: direct.answersPerSecond, unit: '' },
      { what: 'answers per second, passed through', value: top.answersPerSecond, unit: '' },
      { what: 'the steady rate, callbacks per second', value: rate, unit: '' },
      ...figuresOf(measured),
    ],
  };
}

function figuresOf(rounds: Round[]): Figure[] {
  const over = (figure: (round: Round) => number) => median(rounds.map(figure));
  return [
    { what: 'directly, p50', value: over(({ direct }) => direct.p50), unit: 'ms' },
    { what: 'passed through, p50', value: over(({ relayed }) => relayed.p50), unit: 'ms' },
    {
      what: 'passed through, p50, less the direct one of the same round',
      value: over(({ direct, relayed }) => relayed.p50 - direct.p50),
      unit: 'ms',
      atMost: PROMISED_MS,
    },
    {
      what: 'the same as a ratio',
      value: over(({ direct, relayed }) => relayed.p50 / direct.p50),
      unit: 'times',
    },
    { what: 'directly, p99', value: over(({ direct }) => direct.p99), unit: 'ms' },
    { what: 'passed through, p99', value: over(({ relayed }) => relayed.p99), unit: 'ms' },
  ];
}

/** @returns a function that sends, and fails unless every answer was the endpoint's own */
function askWith(load: RelayGenerator) {
  return async (url: string, seconds: number, rate?: number): Promise<RelayLoad> => {
    const measured = await load.measure({
      url,
      command: PASSED_THROUGH,
      connections: CONNECTIONS,
      seconds,
      ...(rate !== undefined && { rate }),
    });
    const { unfriend, nobody, other, examples } = measured;
    if (unfriend + nobody + other > 0)
      throw new Error(
        `${unfriend + nobody + other} answers were not the endpoint's own: ${examples.join('; ')}`,
      );
    return measured;
  };
}
