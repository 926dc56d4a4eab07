import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';

export type SteadyLoad = {
  url: string;
  sdkAppId: string;
  token: string;
  /** Callbacks per second. */
  rate: number;
  seconds: number;
  /** Whether each callback comes over a connection of its own; otherwise connections are kept and used again. */
  newConnections: boolean;
  /** How long an answer may take, in ms; the vendor waits for 2 s. */
  patience: number;
};

/** Times in ms, sorted. A failure is whatever was not answered OK. */
export type Answers = { sent: number; failures: string[]; times: number[] };

/** Sends signed callbacks at a steady rate, however late they are answered. */
export async function sendSteadily(load: SteadyLoad): Promise<Answers> {
  const agent = new Agent({ keepAlive: !load.newConnections });
  const answers: Answers = { sent: Math.round(load.rate * load.seconds), failures: [], times: [] };
  const startedAt = performance.now();
  const sendings = [];
  for (let index = 0; index < answers.sent; index += 1) {
    await delay(Math.max(0, startedAt + (index * 1_000) / load.rate - performance.now()));
    sendings.push(sendOne(load, agent, answers));
  }
  await Promise.all(sendings);
  agent.destroy();
  answers.times.sort((a, b) => a - b);
  return answers;
}

async function sendOne(load: SteadyLoad, agent: Agent, answers: Answers): Promise<void> {
  const startedAt = performance.now();
  try {
    const { status, body } = await post(load, agent);
    if (status !== 200 || !body.includes('"OK"')) answers.failures.push(`${status} ${body}`);
  } catch (error) {
    answers.failures.push(String(error));
  }
  answers.times.push(performance.now() - startedAt);
}

function post({ url, sdkAppId, token, patience }: SteadyLoad, agent: Agent) {
  const { query, body } = composeCallback({
    ...{ sdkAppId, token, pairs: samplePairs(), requestId: randomUUID(), now: Date.now() },
  });
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const outgoing = request(`${url}/?${query}`, { method: 'POST', agent }, (response) => {
      let answer = '';
      response.on('data', (chunk) => {
        answer += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer }));
      response.on('error', reject);
    });
    const impatient = setTimeout(
      () => outgoing.destroy(new Error(`no answer within ${patience} ms`)),
      patience,
    );
    outgoing.on('close', () => clearTimeout(impatient));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
