/** The process of load.ts. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { type Answerer, answererOf } from '../../support/arrivals.ts';
import { atARate } from '../../support/at-a-rate.ts';
import { composeNumbered } from '../../support/inputs/numbered-callbacks.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';
import { percentile } from '../statistics.ts';
import { LEAD_IN_MS, type RelayJob, type RelayLoad } from './load.ts';

/** The vendor gives up after 2 s; longer, so that slow answers are seen as slow. In ms. */
const TIMEOUT_MS = 10_000;
const MAX_EXAMPLES = 3;

process.on('message', (job: RelayJob) => {
  measure(job).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  );
});
process.on('disconnect', () => process.exit());

async function measure(job: RelayJob): Promise<RelayLoad> {
  const sender = new Sender(job);
  const endAt = sender.countedFrom + job.seconds * 1_000;
  if (job.rate === undefined) await sender.sendAtOnce(endAt);
  else await sender.sendSteadily(job.rate);
  await sender.close();
  const { times, answers, examples } = sender;
  times.sort((a, b) => a - b);
  return {
    answersPerSecond: times.length / job.seconds,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    ...answers,
    examples,
  };
}

class Sender {
  readonly times: number[] = [];
  readonly answers: Record<Answerer, number> = { endpoint: 0, unfriend: 0, nobody: 0, other: 0 };
  readonly examples: string[] = [];
  readonly startedAt = performance.now();
  readonly countedFrom = this.startedAt + LEAD_IN_MS;
  readonly #job: RelayJob;
  readonly #pool: Pool;
  readonly #pathname: string;
  readonly #search: string;
  readonly #name = randomUUID();
  #count = 0;

  constructor(job: RelayJob) {
    const { origin, pathname, search } = new URL(job.url);
    this.#job = job;
    this.#pathname = pathname;
    this.#search = search === '' ? '?' : `${search}&`;
    this.#pool = new Pool(origin, {
      connections: job.connections,
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  async sendAtOnce(endAt: number): Promise<void> {
    const sendInTurn = async () => {
      while (performance.now() < endAt) await this.#sendOne(performance.now());
    };
    await Promise.all(Array.from({ length: this.#job.connections }, sendInTurn));
  }

  sendSteadily(rate: number): Promise<void> {
    const count = Math.round(rate * (LEAD_IN_MS / 1_000 + this.#job.seconds));
    const { startedAt } = this;
    return atARate({ rate, startedAt, isDone: (sent) => sent >= count }, (dueAt) => this.#sendOne(dueAt));
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  async #sendOne(dueAt: number): Promise<void> {
    const { answerer, example } = await this.#post();
    if (dueAt < this.countedFrom) return;
    this.times.push(performance.now() - dueAt);
    this.answers[answerer] += 1;
    if (answerer === 'other' && this.examples.length < MAX_EXAMPLES) this.examples.push(example);
  }

  async #post(): Promise<{ answerer: Answerer; example: string }> {
    this.#count += 1;
    const { command } = this.#job;
    const callback = composeNumbered({
      sdkAppId: SDK_APP_ID,
      token: TOKEN,
      command,
      sender: this.#name,
      number: this.#count,
    });
    try {
      const { statusCode, headers, body } = await this.#pool.request({
        method: 'POST',
        path: `${this.#pathname}${this.#search}${callback.query}`,
        headers: { 'content-type': 'application/json' },
        body: callback.body,
      });
      const answer = await body.text();
      const deliveryId = headers['x-delivery-id'];
      const answered = {
        ...callback,
        status: statusCode,
        answer,
        ...(typeof deliveryId === 'string' && { deliveryId }),
      };
      return { answerer: answererOf(answered), example: `${statusCode} ${answer}` };
    } catch (error) {
      return { answerer: 'other', example: String(error) };
    }
  }
}
