import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableTemporal } from '../../support/doubles/killable.ts';
import { WatchedReceiver } from '../../support/doubles/start-watch.ts';
import { fillJournal } from '../../support/inputs/fill-journal.ts';
import type { Scenario } from './results.ts';

/** A receiver is killed and started again and again, watched by one who posts a callback after each 200 of `/readyz`. */
export async function measureRestarts(
  { pending, restarts }: { pending: number; restarts: number },
  cleanup: Cleanup,
  folder: string,
): Promise<Scenario> {
  const temporal = await KillableTemporal.start();
  cleanup.defer(() => temporal.stop());
  const dir = join(folder, `restarts-${pending}`);
  if (pending > 0) await fillJournal(join(dir, 'journal'), pending);
  const loadBefore = loadavg()[0] ?? 0;
  const receiver = await WatchedReceiver.on({
    DATA_DIR: dir,
    TEMPORAL_ADDRESS: temporal.address,
    NODE_ENV: 'production',
    // The store is filled to the default limit, and has to take more.
    JOURNAL_MAX_PENDING: '2000000',
  });
  for (let round = 0; round < restarts; round += 1) await receiver.restart('SIGKILL');
  const { met, readyWithin } = receiver;
  for (const why of new Set(met.refused)) console.error(`a callback was refused: ${why}`);
  return {
    name: `${restarts} restarts with ${pending.toLocaleString('en')} deliveries pending`,
    how: 'kill -9 each time; `/readyz` is asked without a pause from before the start until the journal is open, and a callback is posted right after each 200.',
    loadBefore,
    figures: [
      { what: '`/readyz` was 200', value: met.ready, unit: 'times' },
      {
        what: 'of these while the journal was still being opened',
        value: met.ready - met.onJournal,
        unit: '',
      },
      { what: 'a callback after that was refused', value: met.refused.length, unit: 'times', atMost: 0 },
      { what: 'until `/readyz` was 200, the slowest', value: Math.max(...readyWithin) / 1_000, unit: 's' },
    ],
  };
}
