import { join } from 'node:path';
import { SDK_APP_ID } from '../../app.ts';
import { HOST } from '../../child.ts';
import { startUnfriend } from '../../start-unfriend.ts';
import type { Contender, Place, TemporalPlace } from './contender.ts';
import { followWorkflows } from './shared/temporal.ts';

/** `unfriend serve` and `unfriend work`, as in production. */
export const UNFRIEND: Contender[] = [
  unfriend(
    'unfriend',
    'Unfriend',
    'the callback is synced to the journal before the answer; default settings',
    {},
  ),
  unfriend(
    'unfriend-activities',
    'Unfriend, FIRST_PASS=activities',
    'the same, each first try an activity of the server',
    {
      FIRST_PASS: 'activities',
    },
  ),
];

function unfriend(name: string, label: string, meaning: string, settings: Record<string, string>): Contender {
  return {
    name,
    label,
    meaning,
    on: 'temporal',
    async start(place) {
      const worker = await startRole('work', place, settings);
      const receiver = await startRole('serve', place, settings);
      const { temporal } = place;
      return {
        url: `http://${HOST}:${receiver.port}/`,
        ports: { receiver: receiver.port, worker: worker.opsPort, ...temporal.ports },
        ...(temporal.databaseUrl && { databaseUrl: temporal.databaseUrl }),
        ...followWorkflows(temporal, 'friendDeleted', `friend-deleted/${SDK_APP_ID}/`),
      };
    },
  };
}

function startRole(
  role: 'serve' | 'work',
  { temporal, effects, folder, cleanup }: Place & { temporal: TemporalPlace },
  settings: Record<string, string>,
) {
  return startUnfriend(role, {
    settings: {
      ...effects.env,
      NODE_ENV: 'production',
      DATA_DIR: join(folder, 'data'),
      TEMPORAL_ADDRESS: temporal.address,
      ...settings,
    },
    cleanup,
  });
}
