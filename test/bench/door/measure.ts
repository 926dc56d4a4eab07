import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../../support/cleanup.ts';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import { type Answers, SteadySender } from '../../support/doubles/steady-sender.ts';
import { Strangers } from '../../support/doubles/strangers.ts';
import type { Figure, Scenario } from '../receiver/results.ts';
import { percentile } from '../statistics.ts';
import { startReceiver, warmUp } from './receiver.ts';
import { type DoorScenario, sdkAppId, token } from './scenarios.ts';

/** Callbacks per second. */
const RATE = 50;
/** The vendor waits no longer, in ms. */
const PATIENCE = 2_000;
/** Connections per process: many systems let a process open 1,024 files. */
const PER_PROCESS = 500;
/** How often the memory is looked at, in ms. */
const LOOK_MS = 250;

export type DoorOptions = { strangers: number; seconds: number; folder: string };

export async function measureDoor(
  scenario: DoorScenario,
  { strangers, seconds, folder }: DoorOptions,
  cleanup: Cleanup,
): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const receiver = await startReceiver(scenario, folder, cleanup);
  const { url } = receiver;
  const { kept } = scenario;
  const sender = new SteadySender({ url, sdkAppId, token, kept, patience: PATIENCE });
  cleanup.defer(() => sender.close());
  const crowd = await startStrangers(scenario, { url, count: strangers }, cleanup);
  await warmUp(url);
  await sender.send({ rate: RATE, seconds: 1 });
  const before = await memoryOf(receiver);
  const logBefore = receiver.process.stderr.length;

  const sending = sender.send({ rate: RATE, seconds });
  const watching = watchMemory(receiver, sending);
  await Promise.all(crowd.map((process) => process.begin()));
  const [answers, most] = await Promise.all([sending, watching]);
  const reports = await Promise.all(crowd.map((process) => process.report()));
  const logged = receiver.process.stderr.length - logBefore;
  return {
    name: `${strangers.toLocaleString('en')} strangers: ${scenario.name}`,
    how: `${scenario.how} They come within about three seconds; a connection that was closed is opened again after one. ${RATE} callbacks a second for ${seconds} s; whatever is not answered in 2 s is a failure.`,
    loadBefore,
    figures: [
      {
        what: 'connections of strangers, opened in all',
        value: sum(reports.map(({ opened }) => opened)),
        unit: '',
      },
      {
        what: 'open at the end, by the receiver',
        value: await receiver.metric('unfriend_connections'),
        unit: '',
      },
      { what: 'resident memory after 20,000 callbacks', value: before, unit: 'MB' },
      { what: 'it grew by at most', value: most - before, unit: 'MB', ...atMost(scenario.promised?.growth) },
      ...figuresOf(answers, scenario),
      { what: 'written to the log', value: logged / 1_000 / seconds, unit: 'KB a second' },
    ],
  };
}

function figuresOf({ sent, failures, times }: Answers, { promised }: DoorScenario): Figure[] {
  for (const failure of new Set(failures)) console.error(`not OK: ${failure}`);
  return [
    { what: 'callbacks sent', value: sent, unit: '' },
    { what: 'answered `OK`', value: sent - failures.length, unit: '', atLeast: sent },
    { what: 'answers, p50', value: percentile(times, 0.5), unit: 'ms' },
    { what: 'answers, p99', value: percentile(times, 0.99), unit: 'ms', ...atMost(promised?.p99) },
  ];
}

function atMost(value: number | undefined): { atMost?: number } {
  return value === undefined ? {} : { atMost: value };
}

async function startStrangers(
  { requests }: DoorScenario,
  { url, count }: { url: string; count: number },
  cleanup: Cleanup,
): Promise<Strangers[]> {
  const counts = Array.from({ length: Math.ceil(count / PER_PROCESS) }, (_, index) =>
    Math.min(PER_PROCESS, count - index * PER_PROCESS),
  );
  return Promise.all(
    counts.map(async (each) => {
      const strangers = await Strangers.start({ url, count: each, requests: requests() });
      cleanup.defer(() => strangers.stop());
      return strangers;
    }),
  );
}

/** In MB. */
async function memoryOf(receiver: KillableReceiver): Promise<number> {
  return (await receiver.metric('process_resident_memory_bytes')) / 1e6;
}

/** The most that was resident until `sending` ended. */
async function watchMemory(receiver: KillableReceiver, sending: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = sending.finally(() => {
    isDone = true;
  });
  let most = 0;
  while (!isDone) {
    most = Math.max(most, await memoryOf(receiver));
    await Promise.race([done, delay(LOOK_MS)]);
  }
  return most;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
