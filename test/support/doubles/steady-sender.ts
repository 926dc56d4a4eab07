import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { atARate } from '../at-a-rate.ts';

export type SenderOptions = {
  url: string;
  sdkAppId: string;
  token: string;
  /** So many connections are kept and used again; 0: each callback comes over a connection of its own. */
  kept: number;
  /** How long an answer may take, in ms; the vendor waits for 2 s. */
  patience: number;
};

/** Times in ms, sorted. A failure is whatever was not answered OK. */
export type Answers = { sent: number; failures: string[]; times: number[] };

/** Sends signed callbacks at a steady rate, however late they are answered. */
export class SteadySender {
  readonly #options: SenderOptions;
  readonly #agent: Agent;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#agent = new Agent(options.kept > 0 ? { keepAlive: true, maxSockets: options.kept } : {});
  }

  /** The first callbacks come all at once, so that each connection that is kept is there from the start. */
  send({ rate, seconds }: { rate: number; seconds: number }): Promise<Answers> {
    return this.sendUntil({ rate, isDone: (begun) => begun >= rate * seconds });
  }

  /** As {@link send}, until `isDone`, which gets how many have begun. */
  async sendUntil({ rate, isDone }: { rate: number; isDone: (begun: number) => boolean }): Promise<Answers> {
    const answers: Answers = { sent: 0, failures: [], times: [] };
    const atOnce = Array.from({ length: this.#options.kept }, () => this.#sendOne(answers));
    await atARate({ rate, isDone }, () => this.#sendOne(answers));
    await Promise.all(atOnce);
    answers.times.sort((a, b) => a - b);
    return answers;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #sendOne(answers: Answers): Promise<void> {
    const startedAt = performance.now();
    answers.sent += 1;
    try {
      const { status, body } = await this.#post();
      if (status !== 200 || !body.includes('"OK"')) answers.failures.push(`${status} ${body}`);
    } catch (error) {
      answers.failures.push(String(error));
    }
    answers.times.push(performance.now() - startedAt);
  }

  #post() {
    const { url, sdkAppId, token, patience } = this.#options;
    const { query, body } = composeCallback({
      ...{ sdkAppId, token, pairs: samplePairs(), requestId: randomUUID(), now: Date.now() },
    });
    const options = { method: 'POST', agent: this.#agent };
    return new Promise<{ status: number; body: string }>((resolve, reject) => {
      const outgoing = request(`${url}/?${query}`, options, (response) => {
        let answer = '';
        response.on('data', (chunk) => {
          answer += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer }));
        response.on('error', reject);
      });
      const giveUp = () => outgoing.destroy(new Error(`no answer within ${patience} ms`));
      const impatient = setTimeout(giveUp, patience);
      outgoing.on('close', () => clearTimeout(impatient));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}
