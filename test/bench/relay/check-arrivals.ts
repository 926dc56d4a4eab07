import { type Answerer, type Arrivals, answererOf } from '../../support/arrivals.ts';
import type { SentCallback } from '../../support/doubles/mixed-sender.ts';
import { isBefore } from '../../support/doubles/own-answer.ts';
import type { Figure } from '../receiver/results.ts';

/** Whether an answer is one that the command may get: its own, or that of `RELAY_FAILURE=none`. */
const PASSED: readonly Answerer[] = ['endpoint', 'nobody'];

/** Holds what was sent and answered against what arrived. */
export function checkArrivals(sent: readonly SentCallback[], arrivals: Arrivals): Figure[] {
  const before = sent.filter(({ command }) => isBefore(command));
  const durable = sent.filter((callback) => isDurable(callback));
  const after = sent.filter((callback) => !isBefore(callback.command) && !isDurable(callback));
  const acknowledged = durable.filter((callback) => answererOf(callback) === 'unfriend');
  const arrived = acknowledged.filter((callback) => arrivals.timesOf(callback) > 0);
  const repeated = acknowledged.filter((callback) => arrivals.timesOf(callback) > 1);
  explain([...before, ...after], durable);
  return [
    ...figuresOf('"before" commands', before),
    ...figuresOf('other commands that are passed through', after),
    { what: 'friend deletes and others that are durable', value: durable.length, unit: '' },
    { what: 'of these acknowledged', value: acknowledged.length, unit: '', atLeast: durable.length },
    {
      what: 'of these arrived, under their delivery id and with a fresh Sign',
      value: arrived.length,
      unit: '',
      atLeast: acknowledged.length,
    },
    { what: 'of these arrived more than once', value: repeated.length, unit: '' },
    {
      what: 'arrived with a Sign that was wrong or old',
      value: arrivals.all.filter(({ isSigned }) => !isSigned).length,
      unit: '',
      atMost: 0,
    },
    {
      what: "the endpoint's own answers that it does not know of",
      value: arrivals.lostOf([...before, ...after]).length,
      unit: '',
      atMost: 0,
    },
    { what: 'arrived, and nobody sent it', value: arrivals.inventedBeside(sent).length, unit: '', atMost: 0 },
  ];
}

function isDurable({ command }: SentCallback): boolean {
  return command.startsWith('Sns.') && !isBefore(command);
}

function figuresOf(what: string, sent: readonly SentCallback[]): Figure[] {
  const count = (answerer: Answerer) => sent.filter((each) => answererOf(each) === answerer).length;
  return [
    { what, value: sent.length, unit: '' },
    { what: 'of these answered by the endpoint itself', value: count('endpoint'), unit: '' },
    { what: 'of these answered 504 without a body', value: count('nobody'), unit: '' },
    {
      what: 'of these answered otherwise, or not in 2 s',
      value: count('unfriend') + count('other'),
      unit: '',
      atMost: 0,
    },
  ];
}

function explain(passed: readonly SentCallback[], durable: readonly SentCallback[]): void {
  const wrong = [
    ...passed.filter((callback) => !PASSED.includes(answererOf(callback))),
    ...durable.filter((callback) => answererOf(callback) !== 'unfriend'),
  ];
  const reasons = wrong.map(
    ({ command, status, answer, error }) => `${command}: ${error ?? `${status} ${answer}`}`,
  );
  for (const reason of new Set(reasons)) console.error(`wrong answer: ${reason}`);
}
