import type { Client } from '@temporalio/client';
import type { EmbeddedBackends } from '../../activities/backends/embedded.ts';
import type { Settings, TemporalSettings } from '../config/settings.ts';
import type { Receiver } from '../http/receiver.ts';
import type { HttpServer } from '../http/server.ts';
import type { Logger } from '../telemetry/logger.ts';
import { freePort } from '../temporal/local/free-port.ts';
import type { LocalServer } from '../temporal/local/server.ts';
import type { WorkerHost } from '../temporal/worker/worker-host.ts';
import { startBase } from './base.ts';
import { Closers, type StopOptions } from './closers.ts';
import { openBackends, startNotices, startOps, startReceiver, startWorker } from './parts.ts';
import { startLocal } from './start-local.ts';

export type ServiceOptions = {
  settings: Settings;
  logger: Logger;
  say: (line: string) => void;
};

/** A running process of Unfriend. */
export type Service = {
  client: Client;
  temporal: TemporalSettings;
  receiver: Receiver | undefined;
  worker: WorkerHost | undefined;
  ops: HttpServer;
  local: LocalServer | undefined;
  /** The made-up friend graph; undefined if no side effect is embedded. */
  embedded: EmbeddedBackends | undefined;
  /**
   * Stops in the order of the work: first nothing new is taken, then what has begun ends, then what that needed closes.
   *
   * @throws AggregateError when a part could not be closed, once all others are
   */
  stop(how: StopOptions): Promise<void>;
};

/** The one place where the parts are put together. A part that can't start takes the others down with it. */
export async function startService({ logger, say, ...given }: ServiceOptions): Promise<Service> {
  const settings = await withOpsPort(given.settings);
  const closers = new Closers(logger);
  try {
    const local = await startLocal({ settings, say });
    if (local) closers.add('local Temporal server', () => local.stop());
    const base = await startBase({ settings, logger, closers, local });
    const backends = settings.parts.worker ? await openBackends(settings) : undefined;
    if (backends) closers.add('backends', () => backends.close());
    const ops = await startOps(base, backends);
    if (backends) await startWorker(base, backends);
    if (settings.parts.receiver) await startReceiver(base);
    if (settings.notices) await startNotices(base);
    const { client, temporal, running } = base;
    return {
      client,
      temporal,
      receiver: running.receiver,
      worker: running.worker,
      ops,
      local,
      embedded: backends?.embedded,
      stop: (how) => closers.close(how),
    };
  } catch (error) {
    // The log has what could not be closed. Report why the start failed: that matters more.
    await closers.close({ drain: false }).catch(() => undefined);
    throw error;
  }
}

/** The local server's UI must know the address of the codec server before that listens. */
async function withOpsPort(settings: Settings): Promise<Settings> {
  const { http, codec, parts } = settings;
  if (http.opsPort !== 0 || !codec || !parts.localTemporal) return settings;
  return { ...settings, http: { ...http, opsPort: await freePort() } };
}
