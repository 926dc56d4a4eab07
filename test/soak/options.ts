import { parseArgs } from 'node:util';

const HELP = `The long run of the fault tests: faults of all kinds in a random order, under load, until so many callbacks are
acknowledged or the time is over. Receiver, worker, Temporal, Redis, OpenSearch and the app's endpoint are real processes,
and each is killed. At the end every workflow's input is compared with what was sent and answered, and so is every cache
key, document, message and relayed callback.

  npm run soak -- [--callbacks 100000] [--minutes 120] [--rate 150] [--pause 12] [--seed 7]

  --callbacks  ends once so many are acknowledged
  --minutes    ends the load after so many; what is unfinished then, and the comparison, come on top
  --rate       callbacks a second, at most: load waits while too many deliveries are unfinished
  --pause      seconds between two faults, at most
  --seed       of the faults and their moments; the one in use is printed

Examples:
  npm run soak -- --callbacks 1500 --minutes 1
  npm run soak -- --seed 7

Ends with 0 only when nothing was lost, missing, doubled, wrong or invented.`;

export type SoakOptions = { callbacks: number; minutes: number; rate: number; pause: number; seed: number };

/** Ends the process after `--help`, and at what it does not understand. */
export function readOptions(): SoakOptions {
  const { values } = parseArgs({
    options: {
      callbacks: { type: 'string', default: '100000' },
      minutes: { type: 'string', default: '120' },
      rate: { type: 'string', default: '150' },
      pause: { type: 'string', default: '12' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const positive = (name: Exclude<keyof SoakOptions, 'seed'>) => {
    const value = Number(values[name]);
    if (value > 0) return value;
    console.error(`--${name}: expected a number above 0`);
    process.exit(2);
  };
  return {
    ...{ callbacks: positive('callbacks'), minutes: positive('minutes') },
    ...{ rate: positive('rate'), pause: positive('pause'), seed: Number(values.seed) },
  };
}
