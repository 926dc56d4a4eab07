import { parseArgs } from 'node:util';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { CONTENDERS, type Contender } from './contenders/index.ts';

export type BenchOptions = {
  rounds: number;
  /** How long one measurement takes, in seconds, without its lead-in. */
  seconds: number;
  contenders: Contender[];
  /** The folder that the results are written to. */
  out: string;
};

const USAGE = `npm run bench:intake -- [options]
  --rounds N    how often each contender is measured (3)
  --seconds N   how long one measurement takes (4)
  --only a,b    these contenders alone: ${CONTENDERS.map(({ name }) => name).join(', ')}
  --out DIR     where the results are written to (test/bench/results)`;

/** Reads the command line; wrong usage ends the process with 2. */
export function readOptions(args: string[]): BenchOptions {
  try {
    const { values } = parseArgs({
      args,
      options: {
        rounds: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '4' },
        only: { type: 'string', default: '' },
        out: { type: 'string', default: `${PACKAGE_ROOT}/test/bench/results` },
      },
    });
    return {
      rounds: atLeastOne('--rounds', values.rounds),
      seconds: atLeastOne('--seconds', values.seconds),
      contenders: named(values.only),
      out: values.out,
    };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

function atLeastOne(option: string, value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new Error(`${option}: expected a whole number of at least 1`);
  return Number(value);
}

function named(only: string): Contender[] {
  if (only === '') return [...CONTENDERS];
  return only.split(',').map((name) => {
    const found = CONTENDERS.find((contender) => contender.name === name.trim());
    if (!found) throw new Error(`--only: no contender named ${name}`);
    return found;
  });
}
