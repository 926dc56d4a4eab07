import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { createReceiverApp } from '../../../src/http/app.ts';
import type { AllowedClients } from '../../../src/http/clients/allowed-clients.ts';
import { Connections } from '../../../src/http/connections.ts';
import { type HttpServer, listen } from '../../../src/http/server.ts';
import type { TlsFiles } from '../../../src/http/tls/tls-files.ts';
import type { Intake } from '../../../src/intake/intake.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

export const SDK_APP_ID = '1400000000';
export const TOKEN = 'a-token-for-tests';
export const MAX_BODY = 64 * 1024;

/** The HTTP side of a receiver, without a journal and without Temporal. */
export type Door = {
  server: HttpServer;
  /** The lines of the log. */
  logs: Record<string, unknown>[];
  counted(verdict: string): Promise<number>;
  notQuarantined(): Promise<number>;
  openConnections(): Promise<number>;
  failedHandshakes(): Promise<number>;
};

export type DoorOptions = {
  allowed?: AllowedClients;
  /** The files of certificate and key. */
  tls?: TlsFiles;
  /** Of connections. */
  limit?: number;
};

/** Accepts every callback at once, unless `intake` says otherwise. */
export async function openDoor(
  intake: Partial<Intake> = {},
  { allowed, tls, limit = 1_000 }: DoorOptions = {},
): Promise<Door> {
  const metrics = createMetrics();
  const logs: Record<string, unknown>[] = [];
  const logger = createLogger('debug', { write: (line) => logs.push(JSON.parse(line)) });
  const connections = new Connections({ limit, changed: (count) => metrics.connections.open.set(count) });
  const app = createReceiverApp({
    ...{ path: '/', isDraining: () => false, allowed, maxBody: MAX_BODY, connections, metrics, logger },
    judge: { sdkAppId: SDK_APP_ID, tokens: [TOKEN], ignorePlatforms: [] },
    intake: {
      accept: async ({ key }) => ({ deliveryId: key.origin, duplicate: false }),
      keepRefused: async () => undefined,
      ...intake,
    },
  });
  const server = await listen(app.callback(), {
    ...{ host: '127.0.0.1', port: 0, setting: 'PORT', connections, keepAlive: 75_000 },
    refused: (reason) => metrics.callbacks.labels(reason).inc(),
    tls: tls && { files: tls, failed: () => metrics.connections.handshakesFailed.inc(), logger },
  });
  const read = async (
    metric: { get(): Promise<{ values: { value: number; labels: object }[] }> },
    label = '',
  ) => (await metric.get()).values.find(({ labels }) => Object.values(labels).join() === label)?.value ?? 0;
  return {
    ...{ server, logs },
    counted: (verdict) => read(metrics.callbacks, verdict),
    notQuarantined: () => read(metrics.journal.notQuarantined),
    openConnections: () => read(metrics.connections.open),
    failedHandshakes: () => read(metrics.connections.handshakesFailed),
  };
}

/** The bytes of a request that is right but for what the test changes. */
export function requestBytes({
  query = signedQuery(),
  headers = ['Host: localhost'],
  body = goodBody(),
  length = Buffer.byteLength(body),
}: {
  query?: string;
  headers?: string[];
  body?: string;
  length?: number;
} = {}): string {
  const lines = [`POST /?${query} HTTP/1.1`, ...headers, `Content-Length: ${length}`];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export function signedQuery(): string {
  return compose().query.toString();
}

/** @param bytes as long as this, with white space at the end */
export function goodBody(bytes = 0): string {
  return compose().body.padEnd(bytes);
}

function compose() {
  return composeCallback({ sdkAppId: SDK_APP_ID, token: TOKEN, pairs: samplePairs(), now: Date.now() });
}
