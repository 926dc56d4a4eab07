import { setTimeout as delay } from 'node:timers/promises';
import type { Settings } from '../config/settings.ts';
import type { Intake } from '../intake/intake.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tracing } from '../telemetry/tracing.ts';
import { createReceiverApp } from './app.ts';
import type { AllowedClients } from './clients/allowed-clients.ts';
import { openAllowedClients } from './clients/open-allowed-clients.ts';
import { openConnections } from './connections.ts';
import { openFileLimit, relayConnectionLimit } from './open-files.ts';
import type { PassThrough, PassThroughOptions } from './pass-through.ts';
import { type HttpServer, listen } from './server.ts';

type ReceiverParts = {
  allowed: AllowedClients | undefined;
  server: HttpServer;
  passThrough: PassThrough | undefined;
  drainDelay: number;
  drain: { begun: boolean };
};

/** Takes callbacks and answers them. */
export class Receiver {
  /** Who may post callbacks, by address. Undefined: everyone. */
  readonly allowed: AllowedClients | undefined;
  readonly #server: HttpServer;
  readonly #passThrough: PassThrough | undefined;
  readonly #drainDelay: number;
  readonly #drain: { begun: boolean };

  private constructor({ allowed, server, passThrough, drainDelay, drain }: ReceiverParts) {
    this.allowed = allowed;
    this.#server = server;
    this.#passThrough = passThrough;
    this.#drainDelay = drainDelay;
    this.#drain = drain;
  }

  static async start(
    settings: Settings,
    parts: { intake: Intake; metrics: Metrics; tracing?: Tracing | undefined; logger: Logger },
  ): Promise<Receiver> {
    const { callback, http } = settings;
    if (settings.sdkAppId === undefined) throw new TypeError('a receiver needs an SDKAppID');
    const drain = { begun: false };
    const { relay } = settings;
    const relayed = relay ? relayConnectionLimit(openFileLimit()) : 0;
    const connections = openConnections({ wanted: http.maxConnections, relayed }, parts);
    const { metrics, logger } = parts;
    const passThrough =
      relay && (await openPassThrough({ relay, connections: relayed, metrics: metrics.relay, logger }));
    const allowed = await openAllowedClients(settings, parts);
    const app = createReceiverApp({
      ...parts,
      allowed,
      passThrough,
      connections,
      judge: {
        sdkAppId: settings.sdkAppId,
        tokens: callback.tokens,
        ignorePlatforms: callback.ignorePlatforms,
        relay,
      },
      path: callback.path,
      maxBody: callback.maxBody,
      isDraining: () => drain.begun,
    });
    const { host, port, keepAlive, tls } = http;
    const server = await listen(app.callback(), {
      host,
      port,
      keepAlive,
      setting: 'PORT',
      connections,
      tls: tls && { files: tls, failed: () => metrics.connections.handshakesFailed.inc(), logger },
      refused: (reason) => parts.metrics.callbacks.labels(reason).inc(),
    });
    return new Receiver({ allowed, server, passThrough, drainDelay: http.drainDelay, drain });
  }

  get url(): string {
    return this.#server.url;
  }

  get isDraining(): boolean {
    return this.#drain.begun;
  }

  /**
   * Stops without losing a callback. First load balancers see that the receiver isn't ready, and peers are asked to use
   * another connection. Only then are connections closed.
   */
  async stop({ drain }: { drain: boolean }): Promise<void> {
    this.#drain.begun = true;
    if (drain) await delay(this.#drainDelay);
    await this.#server.close();
    await this.#passThrough?.close();
    await this.allowed?.stop();
  }
}

/** Loaded only where there is an endpoint: a receiver without one is back sooner without an HTTP client. */
async function openPassThrough(options: PassThroughOptions): Promise<PassThrough> {
  const { PassThrough } = await import('./pass-through.ts');
  return new PassThrough(options);
}
