import type { Socket } from 'node:net';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { callbackConnectionLimit, openFileLimit } from './open-files.ts';

/** How long a connection counts as known after a signed callback came over it, in ms. */
const KNOWN_FOR_MS = 60_000;

export type ConnectionsOptions = {
  limit: number;
  /** Called with the number of connections whenever it changes. */
  changed?: (count: number) => void;
  /** Called for each connection that is closed because there are too many. */
  closed?: () => void;
};

/**
 * The open connections of a port. When there are more than `limit`, the stranger's connection that was idle for the
 * longest time is closed, so that strangers cannot keep the sender of callbacks out. A known connection, over which a
 * signed callback came lately, is never closed for a stranger.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  /** Connections without a signed callback. The first one was idle for the longest time. */
  readonly #strangers = new Set<Socket>();
  /** When the last signed callback came over each connection. The first one has the oldest. */
  readonly #known = new Map<Socket, number>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  add(socket: Socket): void {
    this.#strangers.add(socket);
    socket.once('close', () => this.#forget(socket));
    if (this.#count > this.#options.limit) this.#closeIdlest();
    this.#options.changed?.(this.#count);
  }

  /** A connection that speaks TLS now: from here on it is known by its TLS socket. */
  secure(raw: Socket, secured: Socket): void {
    this.#forget(raw);
    this.add(secured);
  }

  get #count(): number {
    return this.#strangers.size + this.#known.size;
  }

  #forget(socket: Socket): void {
    this.#strangers.delete(socket);
    this.#known.delete(socket);
    this.#options.changed?.(this.#count);
  }

  /** To be called for each request. */
  noteRequest(socket: Socket): void {
    if (this.#strangers.delete(socket)) this.#strangers.add(socket);
  }

  /** To be called for each request whose signature is right. */
  noteSigned(socket: Socket): void {
    this.#strangers.delete(socket);
    this.#known.delete(socket);
    // A connection that is closed by now would never be removed.
    if (!socket.destroyed) this.#known.set(socket, performance.now());
  }

  /** The new connection is a stranger too. If all others are known, it is the one to close. */
  #closeIdlest(): void {
    const [[oldest, signedAt] = []] = this.#known;
    const isForgotten = signedAt !== undefined && performance.now() - signedAt > KNOWN_FOR_MS;
    const [idlest] = this.#strangers;
    const chosen = this.#strangers.size === 1 && isForgotten ? oldest : idlest;
    if (!chosen) return;
    this.#forget(chosen);
    chosen.destroy();
    this.#options.closed?.();
  }
}

/** The connections of PORT: `MAX_CONNECTIONS`, or fewer if this process may open fewer files. Then it warns in the log. */
export function openConnections(
  { wanted, relayed }: { wanted: number; relayed: number },
  { metrics, logger }: { metrics: Metrics; logger: Logger },
): Connections {
  const openFiles = openFileLimit();
  const limit = callbackConnectionLimit(openFiles, wanted, relayed);
  if (limit === wanted) logger.debug({ connections: limit, openFiles }, 'connections are limited');
  else
    logger.warn(
      { connections: limit, wanted, openFiles },
      'connections are limited by the limit of open files',
    );
  const summed = new SummedLog(logger);
  const message =
    'a connection was closed, for there are too many; no signed callback had come over it lately';
  return new Connections({
    limit,
    changed: (count) => metrics.connections.open.set(count),
    closed: () => {
      metrics.connections.closed.inc();
      summed.write({ level: 'warn', message, fields: { connections: limit } });
    },
  });
}
