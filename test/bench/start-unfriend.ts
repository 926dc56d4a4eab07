import { fileURLToPath } from 'node:url';
import { freePort } from '../../src/temporal/local/free-port.ts';
import type { Cleanup } from '../support/cleanup.ts';
import { EMBEDDED } from '../support/inputs/embedded.ts';
import { BIN } from '../support/servers/process.ts';
import { until } from '../support/until.ts';
import { SDK_APP_ID, TOKEN } from './app.ts';
import { type ChildOptions, HOST, startChild } from './child.ts';

/** The settings that every Unfriend process of a benchmark has. */
export const COMMON_SETTINGS = {
  ...EMBEDDED,
  LOG_LEVEL: 'error',
  HOST,
  SDK_APP_ID,
  CALLBACK_TOKEN: TOKEN,
  // A developer's own Temporal profile must not lead the benchmark to a real server.
  TEMPORAL_CONFIG_FILE: fileURLToPath(new URL('../support/no-temporal-profile.toml', import.meta.url)),
};

type Start = { settings: Record<string, string>; cleanup: Cleanup } & Pick<ChildOptions, 'stopSignal'>;

/** Starts `unfriend serve` or `unfriend work`, and returns once it is ready. */
export async function startUnfriend(
  role: 'serve' | 'work',
  { settings, cleanup, ...how }: Start,
): Promise<{ port: number; opsPort: number }> {
  const [port, opsPort] = [await freePort(), await freePort()];
  const env = { ...COMMON_SETTINGS, PORT: `${port}`, OPS_PORT: `${opsPort}`, ...settings };
  await startChild({ command: process.execPath, args: [BIN, role], env, port: opsPort, ...how }, cleanup);
  await until(`unfriend ${role} to be ready`, async () => {
    return (await fetch(`http://${HOST}:${opsPort}/readyz`).catch(() => undefined))?.ok;
  });
  return { port, opsPort };
}
