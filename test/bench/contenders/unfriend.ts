import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
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
    ...{ NODE_ENV: 'production', LOG_LEVEL: 'error', HOST, PORT: `${port}`, OPS_PORT: `${opsPort}` },
    ...{ SDK_APP_ID, CALLBACK_TOKEN: TOKEN, INTAKE: intake, DATA_DIR: join(folder, 'data') },
    ...(intake === 'journal' && { JOURNAL_DIR: join(folder, 'journal') }),
    ...{ TEMPORAL_ADDRESS: temporalAddress, TEMPORAL_CONFIG_FILE: NO_PROFILE },
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
