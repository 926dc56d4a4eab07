import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient } from '../../../../src/temporal/connect.ts';
import { tryPort } from '../../../../src/temporal/local/free-port.ts';
import { createSearchAttributes } from '../../../../src/temporal/search-attributes.ts';
import type { Cleanup } from '../../../support/cleanup.ts';
import { until } from '../../../support/until.ts';
import { HOST, startChild } from '../../child.ts';
import type { BenchServers } from '../../servers/index.ts';
import { startPostgres } from '../../servers/postgres.ts';
import { startTemporal } from '../../servers/temporal.ts';
import type { TemporalPlace } from '../contenders/contender.ts';
import type { TemporalServer } from './find-server.ts';

const run = promisify(execFile);
const NAMESPACE = 'default';
/** The default of Temporal's own configuration. */
export const HISTORY_SHARDS = 4;
/** Four services share a process here, and each may open 30. */
const CONNECTIONS = 150;
/** The table of the services on PostgreSQL has ports of 16 bits with a sign. Linux hands out higher ones. */
const FIRST_PORT = 21_000;
const DAY_SECONDS = 86_400;

type Where = { folder: string; cleanup: Cleanup };

/** An empty `temporal-server`, all services in one process, on an empty PostgreSQL. */
export async function startOnPostgres(
  { server, sql, schema }: TemporalServer,
  { postgres }: BenchServers,
  { folder, cleanup }: Where,
): Promise<TemporalPlace> {
  const databaseUrl = await startPostgres(postgres, { folder, cleanup, connections: CONNECTIONS });
  const database = new URL(databaseUrl);
  const login = ['--ep', HOST, '-p', database.port, '-u', database.username];
  for (const [name, versions] of [
    ['temporal', 'temporal'],
    ['temporal_visibility', 'visibility'],
  ] as const) {
    const tool = (...args: string[]) => run(sql, ['--plugin', 'postgres12', ...login, '--db', name, ...args]);
    await tool('create');
    await tool('setup-schema', '-v', '0.0');
    await tool('update-schema', '-d', join(schema, versions, 'versioned'));
  }

  const dynamicConfig = join(folder, 'dynamic-config.yaml');
  writeFileSync(dynamicConfig, '{}\n');
  const ports = await servicePorts();
  await startChild(
    {
      command: server,
      args: ['--allow-no-auth', 'start'],
      port: Number(ports.FRONTEND_GRPC_PORT),
      env: {
        DB: 'postgres12',
        POSTGRES_SEEDS: HOST,
        DB_PORT: database.port,
        POSTGRES_USER: database.username,
        NUM_HISTORY_SHARDS: `${HISTORY_SHARDS}`,
        BIND_ON_IP: HOST,
        TEMPORAL_BROADCAST_ADDRESS: HOST,
        TEMPORAL_ALLOW_NO_AUTH: 'true',
        DYNAMIC_CONFIG_FILE_PATH: dynamicConfig,
        LOG_LEVEL: 'error',
        ...ports,
      },
    },
    cleanup,
  );
  const address = `${HOST}:${ports.FRONTEND_GRPC_PORT}`;
  const client = await connect(address, cleanup);
  await createNamespace(client);
  await createSearchAttributes(client);
  return {
    address,
    client,
    databaseUrl: Object.assign(new URL(databaseUrl), { pathname: '/temporal' }).href,
    ports: { server: Number(ports.FRONTEND_GRPC_PORT), database: Number(database.port) },
  };
}

/** An empty development server, as `unfriend start` runs it. */
export async function startDevServer(
  { temporal }: BenchServers,
  { folder, cleanup }: Where,
): Promise<TemporalPlace> {
  const { address } = await startTemporal(temporal, { folder, cleanup });
  const client = await connect(address, cleanup);
  await createSearchAttributes(client);
  return { address, client, ports: { server: Number(address.split(':').pop()) } };
}

/** By the names under which the server's configuration reads them. */
async function servicePorts(): Promise<Record<string, string>> {
  const services = ['FRONTEND', 'HISTORY', 'MATCHING', 'WORKER'];
  const names = services.flatMap((service) => [`${service}_GRPC_PORT`, `${service}_MEMBERSHIP_PORT`]);
  const ports: Record<string, string> = {};
  let port = FIRST_PORT;
  for (const name of [...names, 'FRONTEND_HTTP_PORT']) {
    do port += 1;
    while ((await tryPort(port, HOST)) === undefined);
    ports[name] = `${port}`;
  }
  return ports;
}

async function connect(address: string, cleanup: Cleanup): Promise<TemporalPlace['client']> {
  const client = createClient({ connectionOptions: { address }, namespace: NAMESPACE, configured: true });
  cleanup.defer(() => client.connection.close());
  return client;
}

/** The services find each other within seconds, and know a new namespace some seconds later. */
async function createNamespace(client: TemporalPlace['client']): Promise<void> {
  await until('Temporal to take a namespace', async () => {
    const retention = { seconds: DAY_SECONDS } as never;
    const request = { namespace: NAMESPACE, workflowExecutionRetentionPeriod: retention };
    return client.workflowService.registerNamespace(request).then(
      () => true,
      (error: Error) => /already/i.test(error.message),
    );
  });
  await until('the namespace to be known', () => {
    return client.workflow.count().then(
      () => true,
      () => false,
    );
  });
}
