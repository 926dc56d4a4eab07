import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Connection } from '@temporalio/client';
import type { TemporalSettings } from '../../../src/config/settings.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { type LocalServer, startLocalServer } from '../../../src/temporal/local/server.ts';
import { createSearchAttributes } from '../../../src/temporal/search-attributes.ts';
import { installRuntime } from '../../../src/temporal/worker/worker.ts';

/** Where the runner found the Temporal CLI. */
export function temporalCli(): string {
  const path = process.env.TEST_TEMPORAL_CLI;
  if (!path) throw new Error('run the tests with npm test, which finds the Temporal CLI');
  return path;
}

/** A real Temporal server for one test file. */
export type TestTemporal = { settings: TemporalSettings; client: Client; stop(): Promise<void> };

/**
 * Quiet logs: what tests provoke on purpose should not look like trouble. Only before a worker runs: the runtime
 * ends with the last worker, and without any it would keep the test process alive.
 */
export function installTestRuntime(): void {
  installRuntime(createLogger(process.env.TEST_LOG_LEVEL ?? 'silent'));
}

/** What the development server is started with beside what the product starts it with. */
type Extra = { dynamicConfig?: string[] };

/** The server at `TEST_TEMPORAL_ADDRESS`, else one of its own on a free port. */
export async function startTestTemporal(extra: Extra = {}): Promise<TestTemporal> {
  const local = await startOwnServer(extra);
  const address = process.env.TEST_TEMPORAL_ADDRESS ?? local?.address;
  const settings: TemporalSettings = {
    connectionOptions: { address: address as string },
    namespace: 'default',
    configured: true,
  };
  const client = createClient(settings);
  await createSearchAttributes(client);
  return {
    settings,
    client,
    async stop() {
      await client.connection.close();
      await local?.stop();
    },
  };
}

async function startOwnServer({ dynamicConfig }: Extra): Promise<LocalServer | undefined> {
  if (process.env.TEST_TEMPORAL_ADDRESS) return undefined;
  const dir = memoryFolder();
  const cli = dynamicConfig ? cliWith(dir.path, dynamicConfig) : temporalCli();
  const server = await startLocalServer({
    ...{ findCli: async () => cli, dir: dir.path, port: 0, uiPort: 0, namespace: 'default' },
    say: () => undefined,
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      dir.remove();
    },
  };
}

/** A script that adds these to the command line of the CLI. */
function cliWith(folder: string, dynamicConfig: string[]): string {
  const path = join(folder, 'temporal');
  const more = dynamicConfig.map((value) => `--dynamic-config-value '${value}'`).join(' ');
  writeFileSync(path, `#!/bin/sh\nexec '${temporalCli()}' "$@" ${more}\n`, { mode: 0o755 });
  return path;
}

const MEMORY = '/dev/shm';

/** A folder of one test's own. */
export function temporaryFolder(parent = tmpdir()): { path: string; remove(): void } {
  const path = mkdtempSync(join(parent, 'unfriend-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** One in memory, where there is such: it outlives every process, and a busy disk never holds up a sync. */
export function memoryFolder(): { path: string; remove(): void } {
  return temporaryFolder(existsSync(MEMORY) ? MEMORY : tmpdir());
}

/** Whether a Temporal server answers there. */
export async function answers(address: string): Promise<boolean> {
  try {
    await (await Connection.connect({ address, connectTimeout: 1_000 })).close();
    return true;
  } catch {
    return false;
  }
}
