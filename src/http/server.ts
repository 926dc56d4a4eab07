import { createServer, type RequestListener, type Server } from 'node:http';
import { Server as TlsServer } from 'node:https';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Refusal } from '../callback/answer.ts';
import { OperatorError } from '../operator-error.ts';
import { Connections } from './connections.ts';
import { openFileLimit, opsConnectionLimit } from './open-files.ts';
import { answerParserRefusals } from './parser-refusals.ts';
import { followHandshakes, serveTls, type TlsOptions } from './tls/serve-tls.ts';

/** How long a request may take to arrive completely, in ms. The sender itself waits for 2 s. */
const REQUEST_TIMEOUT = 10_000;

/** Of request line and headers together. Node.js has the same default, which `NODE_OPTIONS` could change. */
const MAX_HEAD_BYTES = 16 * 1024;

/** How often Node.js looks for requests that take longer, in ms. */
const TIMEOUT_CHECKS = 1_000;

/**
 * How many new connections may wait until the process takes them, if the system allows so many. The system drops further
 * attempts to connect. Then the peer tries again after a second or more, and the sender of callbacks has only two.
 */
const BACKLOG = 2_048;

/** How long requests that are being answered may take when a server stops, in ms. */
const CLOSE_TIMEOUT = 5_000;

/** How long the request of the last connection may take to come when a server stops, in ms. */
const ON_ITS_WAY = 100;

const HTTP_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT,
  headersTimeout: REQUEST_TIMEOUT,
  connectionsCheckingInterval: TIMEOUT_CHECKS,
  maxHeaderSize: MAX_HEAD_BYTES,
  // A callback without a Host header is accepted too.
  requireHostHeader: false,
};

/** A listening HTTP server. */
export type HttpServer = {
  /** With the real port. */
  port: number;
  url: string;
  /** Accepts no new connections, and resolves when every accepted request is answered. */
  close(): Promise<void>;
};

export type ListenOptions = {
  host: string;
  /** 0: any free port. */
  port: number;
  /** How long an idle connection is kept for the peer's next request, in ms. */
  keepAlive?: number;
  /** The setting to change if the port is in use. */
  setting: 'PORT' | 'OPS_PORT';
  /** Decides which connections are kept when there are too many. By default few are kept, as an OPS_PORT needs. */
  connections?: Connections;
  /** Called for each request that was refused before it reached the listener. */
  refused?: (reason: Refusal) => void;
  /** Absent: plain HTTP. */
  tls?: TlsOptions | undefined;
};

/** @throws ListenError when the address can't be had */
export async function listen(listener: RequestListener, options: ListenOptions): Promise<HttpServer> {
  const { tls } = options;
  const server = tls ? serveTls(HTTP_OPTIONS, tls) : createServer(HTTP_OPTIONS);
  // A client may close its side once its request is sent. Node.js does not document this option, nor is it in the types.
  Object.assign(server, { httpAllowHalfOpen: true });
  if (options.keepAlive !== undefined) server.keepAliveTimeout = options.keepAlive;
  limitConnections(server, options.connections);
  answerParserRefusals(server, options.refused ?? (() => undefined));
  server.on('request', listener);
  await bind(server, options);
  const { port } = server.address() as AddressInfo;
  const name = options.host === '0.0.0.0' ? '127.0.0.1' : options.host;
  return {
    port,
    url: `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${port}`,
    close: () => close(server),
  };
}

function limitConnections(
  server: Server | TlsServer,
  connections = new Connections({ limit: opsConnectionLimit(openFileLimit()) }),
): void {
  server.on('connection', (socket: Socket) => connections.add(socket));
  if (server instanceof TlsServer) {
    followHandshakes(server, (raw, secured) => connections.secure(raw, secured));
  }
  server.on('request', ({ socket }) => connections.noteRequest(socket));
}

/** The server can't listen on the address. The message says what to set. */
export class ListenError extends OperatorError {
  override name = 'ListenError';
}

function bind(server: Server, { host, port, setting }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another process listens there' : error.message;
      reject(
        new ListenError(
          `can't listen on ${host}:${port}: ${why}. Set ${setting} to a free port, or 0 for any.`,
        ),
      );
    });
    server.listen({ host, port, backlog: BACKLOG }, () => {
      // From now on an error means that one connection could not be taken. It must not end the process.
      server.removeAllListeners('error').on('error', () => undefined);
      resolve();
    });
  });
}

/**
 * Closes idle connections later than Node.js does. Node.js would also close a connection whose request is on its way, or
 * is still unread in the operating system. The sender would not send that callback again.
 */
async function close(server: Server): Promise<void> {
  // A new connection is taken in one turn of the event loop, and its request is read in a later one.
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const impatient = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await Promise.race([closed, delay(ON_ITS_WAY)]);
  // This call closes idle connections too. It fails if nothing listens any more, which is no fault here.
  server.close();
  await closed;
  clearTimeout(impatient);
}
