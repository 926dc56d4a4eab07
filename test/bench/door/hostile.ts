import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../../support/cleanup.ts';
import { HostileClients, type HostileReport } from '../../support/doubles/hostile-clients.ts';
import type { KillableReceiver } from '../../support/doubles/killable.ts';
import { type Answers, SteadySender } from '../../support/doubles/steady-sender.ts';
import { until } from '../../support/until.ts';
import type { Figure, Scenario } from '../receiver/results.ts';
import { percentile } from '../statistics.ts';
import { startReceiver, warmUp } from './receiver.ts';
import { sdkAppId, token } from './scenarios.ts';

/** Good callbacks per second, over connections that are kept, as the vendor sends them. */
const GOOD = { rate: 100, kept: 16, patience: 2_000 };
const HOSTILE = { connections: 64, slowConnections: 400 };
const LOOK_MS = 250;
/** By then every slow request is closed, in ms. */
const SETTLED_MS = 30_000;

/** What is promised while hostile requests come, and after them. */
const PROMISED = { growthMb: 150, files: 20, logKbPerSecond: 40, p99Ms: 200 };

type State = {
  /** In MB. Of the process alone: pages of the journal's file, which the kernel can take back, are not in it. */
  memory: number;
  /** In MB, of such pages. Callbacks that are pending fill them. */
  journal: number;
  files: number;
};

/** Hostile requests of every kind, as fast as they are answered, beside good callbacks. */
export async function measureHostile(count: number, folder: string, cleanup: Cleanup): Promise<Scenario> {
  const loadBefore = loadavg()[0] ?? 0;
  const receiver = await startReceiver({}, folder, cleanup);
  const { url } = receiver;
  const clients = await HostileClients.start({ url, sdkAppId, token, count, ...HOSTILE });
  cleanup.defer(() => clients.stop());
  await warmUp(url);
  const sender = new SteadySender({ url, sdkAppId, token, ...GOOD });
  cleanup.defer(() => sender.close());
  await sender.send({ rate: GOOD.rate, seconds: 1 });
  const before = await stateOf(receiver);
  const logBefore = receiver.process.stderr.length;

  const startedAt = performance.now();
  let isDone = false;
  const sending = sender.sendUntil({ rate: GOOD.rate, isDone: () => isDone });
  let report = await clients.begin();
  let most = before.memory;
  while (!report.isDone) {
    await delay(LOOK_MS);
    most = Math.max(most, (await stateOf(receiver)).memory);
    report = await clients.report();
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  isDone = true;
  const answers = await sending;
  const logged = (receiver.process.stderr.length - logBefore) / 1_000 / seconds;
  await clients.stop();
  await until(
    'the connections of the hostile clients to be closed',
    async () => {
      return (await receiver.metric('unfriend_connections')) <= GOOD.kept + 1;
    },
    SETTLED_MS,
  );
  const after = await stateOf(receiver);
  return {
    name: `${count.toLocaleString('en')} hostile requests beside ${GOOD.rate} callbacks a second`,
    how: `Malformed, unsigned, oversized, deeply nested and slow requests, ${kindsOf(report)}; a part of them with a captured signature. ${HOSTILE.connections} connections send them as fast as they are answered, ${HOSTILE.slowConnections} more the slow ones. Callbacks come over ${GOOD.kept} kept connections; whatever is not answered in 2 s is a failure. Temporal is away, so the journal keeps them all.`,
    loadBefore,
    figures: [
      ...figuresOfHostile(report, seconds),
      ...figuresOfGood(answers),
      { what: 'memory of the process before', value: before.memory, unit: 'MB' },
      { what: 'it grew by at most', value: most - before.memory, unit: 'MB', atMost: PROMISED.growthMb },
      {
        what: "pages of the journal's file in memory, more than before",
        value: after.journal - before.journal,
        unit: 'MB',
      },
      {
        what: 'open files afterwards, more than before',
        value: after.files - before.files,
        unit: '',
        atMost: PROMISED.files,
      },
      { what: 'written to the log', value: logged, unit: 'KB a second', atMost: PROMISED.logKbPerSecond },
    ],
  };
}

function kindsOf({ byKind }: HostileReport): string {
  return Object.entries(byKind)
    .map(([kind, sent]) => `${sent.toLocaleString('en')} ${kind}`)
    .join(', ');
}

function figuresOfHostile({ sent, byStatus }: HostileReport, seconds: number): Figure[] {
  const failures = Object.entries(byStatus).filter(([status]) => /^5\d\d$/.test(status));
  const statuses = Object.entries(byStatus).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    { what: 'hostile requests', value: sent, unit: '' },
    { what: 'of them per second', value: sent / seconds, unit: '' },
    ...statuses.map(([status, value]) => ({ what: `answered ${status}`, value, unit: '' })),
    { what: 'answered 5xx', value: failures.reduce((sum, [, value]) => sum + value, 0), unit: '', atMost: 0 },
  ];
}

function figuresOfGood({ sent, failures, times }: Answers): Figure[] {
  for (const failure of new Set(failures)) console.error(`not OK: ${failure}`);
  return [
    { what: 'callbacks sent', value: sent, unit: '' },
    { what: 'answered `OK`', value: sent - failures.length, unit: '', atLeast: sent },
    { what: 'answers, p50', value: percentile(times, 0.5), unit: 'ms' },
    { what: 'answers, p99', value: percentile(times, 0.99), unit: 'ms', atMost: PROMISED.p99Ms },
  ];
}

/** A kept connection to OPS_PORT can be closed in the moment in which it is used: then look again. */
function stateOf(receiver: KillableReceiver): Promise<State> {
  return until('the metrics', async () => {
    try {
      const status = readFileSync(`/proc/${receiver.process.child.pid}/status`, 'utf8');
      const megabytes = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1e3;
      return {
        ...{ memory: megabytes('RssAnon'), journal: megabytes('RssFile') },
        files: await receiver.metric('process_open_fds'),
      };
    } catch {
      return undefined;
    }
  });
}
