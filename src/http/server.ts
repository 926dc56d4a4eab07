import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import type { Refusal } from '../callback/answer.ts';
import { OperatorError } from '../operator-error.ts';
import { Connections } from './connections.ts';
import { openFileLimit, opsConnectionLimit } from './open-files.ts';
import { answerParserRefusals } from './parser-refusals.ts';

/** A request that has not arrived whole by then is given up, in ms. The sender itself waits for 2 s. */
const REQUEST_TIMEOUT = 10_000;

/** How often Node.js looks for requests past that time, in ms. */
const TIMEOUT_CHECKS = 1_000;

/**
 * So many connections may wait until they are taken, where the system allows it. Beyond them it drops attempts to
 * connect, and the peer tries again after a second or more: the sender of callbacks has two.
 */
const BACKLOG = 2_048;

/** What is still being answered when a server stops has this long, in ms. */
const CLOSE_TIMEOUT = 5_000;

/** After the last connection was taken, its request may take this long to come, in ms. */
const ON_ITS_WAY = 100;

/** A listening HTTP server. */
export type HttpServer = {
  /** With the port that was really taken. */
  port: number;
  url: string;
  /** Accepts nothing new, and returns when everything that was accepted is answered. */
  close(): Promise<void>;
};

export type ListenOptions = {
  host: string;
  /** 0: any free one. */
  port: number;
  /** How long an idle connection is kept for the peer's next request, in ms. */
  keepAlive?: number;
  /** Which setting to change where the port is taken. */
  setting: 'PORT' | 'OPS_PORT';
  /** Which connections are kept where there are too many; by default a few, as an OPS_PORT needs. */
  connections?: Connections;
  /** Told of what was refused before it reached the listener. */
  refused?: (reason: Refusal) => void;
};

/** @throws ListenError when the address can't be had */
export async function listen(listener: RequestListener, options: ListenOptions): Promise<HttpServer> {
  const server = createServer({
    requestTimeout: REQUEST_TIMEOUT,
    headersTimeout: REQUEST_TIMEOUT,
    connectionsCheckingInterval: TIMEOUT_CHECKS,
    // A callback without one is a callback all the same.
    requireHostHeader: false,
  });
  // A client may close its side once its request is sent. Not in Node.js' documents, nor in its types.
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
    url: `http://${name.includes(':') ? `[${name}]` : name}:${port}`,
    close: () => close(server),
  };
}

function limitConnections(
  server: Server,
  connections = new Connections({ limit: opsConnectionLimit(openFileLimit()) }),
): void {
  server.on('connection', (socket) => connections.add(socket));
  server.on('request', ({ socket }) => connections.noteRequest(socket));
}

/** The address can't be listened on; the message says what to set. */
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
      // From now on an error is one connection that could not be taken. It must not end the process.
      server.removeAllListeners('error').on('error', () => undefined);
      resolve();
    });
  });
}

/**
 * Node's own way would close at once what it takes for idle: also a connection whose request is on its way, or in
 * the operating system, unread. Its sender does not send again.
 */
async function close(server: Server): Promise<void> {
  // A connection that was made is taken in one turn of the event loop, its request read in another.
  for (let turn = 0; turn < 2; turn += 1) await nextTurn();
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(server, () => resolve()));
  const impatient = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT);
  await Promise.race([closed, delay(ON_ITS_WAY)]);
  // This one asks for what is idle too; that nothing listens any more is no fault here.
  server.close();
  await closed;
  clearTimeout(impatient);
}
