import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableReceiver } from '../../support/doubles/killable.ts';
import { fillJournal } from '../../support/inputs/fill-journal.ts';
import { FREE_PORTS } from '../../support/servers/process.ts';
import type { Scenario } from './results.ts';
import { send } from './send.ts';

/** Nobody listens there. */
const NO_TEMPORAL = '127.0.0.1:1';

/** A receiver is killed with many deliveries pending, and starts on them; Temporal is away all the time. */
export async function measurePending(count: number, cleanup: Cleanup, folder: string): Promise<Scenario> {
  const empty = await startOn(join(folder, 'empty'), cleanup);
  const heapEmpty = await empty.metric('nodejs_heap_size_used_bytes');
  await empty.kill();

  const dir = join(folder, 'pending');
  await fillJournal(join(dir, 'journal'), count);
  const loadBefore = loadavg()[0] ?? 0;
  const receiver = await startOn(dir, cleanup);
  const ready = receiver.startedWithin / 1_000;
  const pending = await receiver.metric('unfriend_journal_pending');
  const answers = await send({ count: 2_000, rate: 200, url: receiver.url }, FREE_PORTS);
  const heapFull = await receiver.metric('nodejs_heap_size_used_bytes');
  const rss = await receiver.metric('process_resident_memory_bytes');
  const megabytes = (bytes: number) => bytes / 1e6;
  return {
    name: `A start with ${count.toLocaleString('en')} deliveries pending`,
    how: `After kill -9, until its journal is open; an empty one took ${(empty.startedWithin / 1_000).toFixed(1)} s. Then 2,000 callbacks at 200 a second.`,
    loadBefore,
    figures: [
      { what: 'pending', value: pending, unit: '', atLeast: count },
      { what: 'until its journal takes callbacks', value: ready, unit: 's', atMost: 5 },
      { what: 'heap in use with nothing pending', value: megabytes(heapEmpty), unit: 'MB' },
      { what: 'heap in use', value: megabytes(heapFull), unit: 'MB', atMost: 100 },
      { what: 'resident memory, what is mapped of the file included', value: megabytes(rss), unit: 'MB' },
      { what: 'answered `OK`', value: answers.ok, unit: '', atLeast: answers.sent },
      { what: 'answers, p50', value: answers.p50, unit: 'ms' },
      { what: 'answers, p99', value: answers.p99, unit: 'ms', atMost: 100 },
    ],
  };
}

async function startOn(dir: string, cleanup: Cleanup): Promise<KillableReceiver> {
  const receiver = await KillableReceiver.start({
    ...{ DATA_DIR: dir, TEMPORAL_ADDRESS: NO_TEMPORAL, NODE_ENV: 'production', LOG_LEVEL: 'error' },
    // The store is filled to the default limit, and has to take more.
    ...{ SDK_APP_ID: FREE_PORTS.SDK_APP_ID ?? '', JOURNAL_MAX_PENDING: '2000000' },
  });
  cleanup.defer(() => receiver.kill());
  return receiver;
}
