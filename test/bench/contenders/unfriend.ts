import { join } from 'node:path';
import { HOST } from '../child.ts';
import { startUnfriend } from '../start-unfriend.ts';
import type { Place } from './contender.ts';

const ACCEPTED = /^unfriend_callbacks_total\{verdict="accepted"\} (\d+)/m;

type TemporalPlace = Pick<Place, 'folder' | 'cleanup'> & { temporalAddress: string };

/** Starts `unfriend serve` as in production; its journal, if any, is in a folder of its own. */
export async function startReceiver(intake: 'journal' | 'direct', place: TemporalPlace) {
  const { folder, cleanup } = place;
  const settings = {
    ...settingsFor(place),
    NODE_ENV: 'production',
    INTAKE: intake,
    ...(intake === 'journal' && { JOURNAL_DIR: join(folder, 'journal') }),
  };
  // By force: a graceful stop would hand the journal over to Temporal, for which nobody here waits.
  const { port, opsPort } = await startUnfriend('serve', { settings, cleanup, stopSignal: 'SIGKILL' });
  return {
    url: `http://${HOST}:${port}/`,
    /** What its own metrics call accepted: neither duplicates nor refusals. */
    async kept(): Promise<number> {
      const metrics = await (await fetch(`http://${HOST}:${opsPort}/metrics`)).text();
      return Number(ACCEPTED.exec(metrics)?.[1] ?? 0);
    },
  };
}

/** Starts `unfriend work` with the embedded side effects. They are refused in production, so this is not. */
export async function startWorker(place: TemporalPlace): Promise<void> {
  await startUnfriend('work', { settings: settingsFor(place), cleanup: place.cleanup });
}

function settingsFor({ temporalAddress, folder }: TemporalPlace) {
  return { TEMPORAL_ADDRESS: temporalAddress, DATA_DIR: join(folder, 'data') };
}
