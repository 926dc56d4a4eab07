import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import type { TemporalSettings } from '../../../src/config/settings.ts';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';
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

type TestTemporalOptions = {
  /** A server of its own in any case: for what keeps a server so busy that others would wait. */
  own?: boolean;
  /** More flags for one of its own. */
  flags?: readonly string[];
  /** Those of its processes. */
  payloadKeys?: readonly PayloadKey[];
};

/**
 * A namespace of one test file's own at `TEST_TEMPORAL_ADDRESS`, where the files of a run share a server; else a server
 * of its own. Ids, task queues and lists of one file never meet those of another.
 */
export async function startTestTemporal({
  own,
  flags,
  payloadKeys = [],
}: TestTemporalOptions = {}): Promise<TestTemporal> {
  const shared = own || flags ? undefined : process.env.TEST_TEMPORAL_ADDRESS;
  const local = shared ? undefined : await startTemporalServer(flags);
  const settings: TemporalSettings = {
    connectionOptions: { address: shared ?? String(local?.address) },
    namespace: shared ? await createOwnNamespace(shared) : 'default',
    configured: true,
    payloadKeys,
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

const namespaces = new Map<string, string>();

async function createOwnNamespace(address: string): Promise<string> {
  const namespace = await createNamespace(address);
  namespaces.set(address, namespace);
  return namespace;
}

/** One without Unfriend's search attributes. */
export async function createNamespace(address: string): Promise<string> {
  const namespace = `test-${randomUUID()}`;
  const connection = await Connection.connect({ address });
  try {
    const workflowExecutionRetentionPeriod = msToTs('1 day');
    await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod });
  } finally {
    await connection.close();
  }
  return namespace;
}

/** What a process needs besides the address to find this file's workflows. */
export function namespaceAt(address: string | undefined): { TEMPORAL_NAMESPACE?: string } {
  const TEMPORAL_NAMESPACE = address && namespaces.get(address);
  return TEMPORAL_NAMESPACE ? { TEMPORAL_NAMESPACE } : {};
}

/**
 * A server with its data in memory, on a free port.
 *
 * @param flags more of `temporal server start-dev`
 */
export async function startTemporalServer(flags: readonly string[] = []): Promise<LocalServer> {
  const dir = memoryFolder();
  const server = await startLocalServer({
    findCli: async () => temporalCli(),
    dir: dir.path,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    say: () => undefined,
    flags,
  });
  return {
    ...server,
    async stop() {
      await server.stop();
      dir.remove();
    },
  };
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
