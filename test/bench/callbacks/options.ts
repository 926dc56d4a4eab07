import { parseArgs } from 'node:util';
import { wholeNumber } from '../../../src/cli/arguments.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import type { Contender } from './contenders/contender.ts';
import { CONTENDERS } from './contenders/index.ts';
import { ENGINES, type Engine, PAIRS } from './results.ts';

export type Options = {
  rounds: number;
  seconds: number;
  minutes: number;
  pairs: number[];
  engines: Engine[];
  contenders: Contender[];
  out: string;
};

const USAGE = `npm run bench:callbacks -- [options]
  --rounds N     how often each contender is measured, on the development server once (3)
  --seconds N    how long a burst of callbacks is meant to take (4)
  --pairs 1,2    with these numbers of pairs alone: ${PAIRS.join(', ')}
  --engines a,b  on these alone: ${ENGINES.join(', ')}
  --only a,b     these contenders alone: ${CONTENDERS.map(({ name }) => name).join(', ')}
  --quick        a short look: one round, bursts of 1 s, callbacks of 1 and 2 pairs, no temporal-server
  --minutes N    after how long the run is broken off (60)
  --out DIR      where the results are written to (test/bench/results)`;

const QUICK = { rounds: '1', seconds: '1', pairs: '1,2', engines: 'temporal-dev,queues' };
const FULL = { rounds: '3', seconds: '4', pairs: PAIRS.join(), engines: ENGINES.join() };

/** Reads the command line; wrong usage ends the process with 2. */
export function readOptions(args: string[]): Options {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        pairs: { type: 'string' },
        engines: { type: 'string' },
        only: { type: 'string', default: CONTENDERS.map(({ name }) => name).join() },
        quick: { type: 'boolean', default: false },
        minutes: { type: 'string', default: '60' },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    const given = { ...(values.quick ? QUICK : FULL), ...values };
    return {
      rounds: wholeNumber(20)(given.rounds),
      seconds: wholeNumber(60)(given.seconds),
      minutes: wholeNumber(600)(given.minutes),
      pairs: listed(given.pairs, (text) => PAIRS.find((pairs) => `${pairs}` === text)),
      engines: listed(given.engines, (text) => ENGINES.find((engine) => engine === text)),
      contenders: listed(given.only, (text) => CONTENDERS.find(({ name }) => name === text)),
      out: given.out,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

function listed<T>(text: string, find: (text: string) => T | undefined): T[] {
  return text.split(',').map((each) => {
    const found = find(each.trim());
    if (found === undefined) throw new Error(`there is no ${each}`);
    return found;
  });
}
