import { join } from 'node:path';
import { createClient } from '../../../src/temporal/connect.ts';
import { startLocalServer } from '../../../src/temporal/local/server.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { type BenchServer, pathOf } from './index.ts';

/** An empty development server, as `unfriend start` runs it: one process, its data in a file of SQLite. */
export async function startTemporal(
  server: BenchServer,
  { folder, cleanup }: { folder: string; cleanup: Cleanup },
): Promise<{ address: string; state(): Promise<string> }> {
  const starting = startLocalServer({
    ...{ findCli: async () => pathOf(server), dir: join(folder, 'temporal'), namespace: 'default' },
    ...{ port: 0, uiPort: 0, say: () => undefined },
  });
  cleanup.defer(async () => (await starting).stop());
  const local = await starting;
  const client = createClient({
    connectionOptions: { address: local.address },
    namespace: 'default',
    configured: true,
  });
  cleanup.defer(() => client.connection.close());
  return {
    address: local.address,
    async state() {
      const { count } = await client.workflow.count();
      return `up, ${count.toLocaleString('en')} workflows started`;
    },
  };
}
