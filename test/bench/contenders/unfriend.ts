import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { until } from '../../support/until.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';
import { HOST, startChild } from '../child.ts';
import type { Place } from './contender.ts';

const BIN = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'bin.js');
/** A developer's own Temporal profile must not lead the benchmark to a real server. */
const NO_PROFILE = fileURLToPath(new URL('../../support/no-temporal-profile.toml', import.meta.url));
const ACCEPTED = /^unfriend_callbacks_total\{verdict="accepted"\} (\d+)/m;

/** Starts `unfriend serve` as in production; its journal, if any, is in a folder of its own. */
export async function startUnfriend(
  intake: 'journal' | 'direct',
  { temporalAddress, folder, cleanup }: Pick<Place, 'folder' | 'cleanup'> & { temporalAddress: string },
) {
  const port = await freePort();
  const opsPort = await freePort();
  const env = {
    ...settings({ temporalAddress, folder }),
    NODE_ENV: 'production',
    PORT: `${port}`,
    OPS_PORT: `${opsPort}`,
    INTAKE: intake,
    ...(intake === 'journal' && { JOURNAL_DIR: join(folder, 'journal') }),
  };
  await startChild(
    // By force: a graceful stop would hand the journal over to Temporal, for which nobody here waits.
    { command: process.execPath, args: [BIN, 'serve'], env, port, stopSignal: 'SIGKILL' },
    cleanup,
  );
  return {
    url: `http://${HOST}:${port}/`,
    /** What its own metrics call accepted: neither duplicates nor refusals. */
    async kept(): Promise<number> {
      const metrics = await (await fetch(`http://${HOST}:${opsPort}/metrics`)).text();
      return Number(ACCEPTED.exec(metrics)?.[1] ?? 0);
    },
  };
}

/** Starts `unfriend work` with the embedded side effects, which production refuses. */
export async function startUnfriendWorker({
  temporalAddress,
  folder,
  cleanup,
}: Pick<Place, 'folder' | 'cleanup'> & { temporalAddress: string }): Promise<void> {
  const opsPort = await freePort();
  const env = { ...settings({ temporalAddress, folder }), OPS_PORT: `${opsPort}` };
  await startChild({ command: process.execPath, args: [BIN, 'work'], env, port: opsPort }, cleanup);
  await until('the worker to poll', async () => {
    return (await fetch(`http://${HOST}:${opsPort}/readyz`).catch(() => undefined))?.ok;
  });
}

function settings({ temporalAddress, folder }: { temporalAddress: string; folder: string }) {
  return {
    LOG_LEVEL: 'error',
    HOST,
    SDK_APP_ID,
    CALLBACK_TOKEN: TOKEN,
    DATA_DIR: join(folder, 'data'),
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_CONFIG_FILE: NO_PROFILE,
  };
}
