import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../../../../src/package-root.ts';
import { freePort } from '../../../../src/temporal/local/free-port.ts';
import { until } from '../../../support/until.ts';
import { SDK_APP_ID, TOKEN } from '../../app.ts';
import { HOST, startChild } from '../../child.ts';
import type { Contender, Place, TemporalPlace } from './contender.ts';
import { followWorkflows } from './shared/temporal.ts';

const BIN = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'bin.js');
/** A developer's own Temporal profile must not lead the benchmark to a real server. */
const NO_PROFILE = fileURLToPath(new URL('../../../support/no-temporal-profile.toml', import.meta.url));

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

async function startRole(
  role: 'serve' | 'work',
  { temporal, effects, folder, cleanup }: Place & { temporal: TemporalPlace },
  settings: Record<string, string>,
) {
  const [port, opsPort] = [await freePort(), await freePort()];
  const env = {
    ...effects.env,
    NODE_ENV: 'production',
    LOG_LEVEL: 'error',
    HOST,
    PORT: `${port}`,
    OPS_PORT: `${opsPort}`,
    SDK_APP_ID,
    CALLBACK_TOKEN: TOKEN,
    DATA_DIR: join(folder, 'data'),
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_CONFIG_FILE: NO_PROFILE,
    ...settings,
  };
  const isUpAt = role === 'serve' ? port : opsPort;
  await startChild({ command: process.execPath, args: [BIN, role], env, port: isUpAt }, cleanup);
  await until(`unfriend ${role} to be ready`, async () => {
    return (await fetch(`http://${HOST}:${opsPort}/readyz`).catch(() => undefined))?.ok;
  });
  return { port, opsPort };
}
