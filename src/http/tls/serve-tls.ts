import type { ServerOptions } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { Logger } from '../../telemetry/logger.ts';
import { SummedLog } from '../../telemetry/summed-log.ts';
import { TlsReload } from './reload.ts';
import { readPair, type TlsFiles } from './tls-files.ts';

/** How long a handshake may take, in ms. The sender of callbacks itself waits for 2 s. */
const HANDSHAKE_TIMEOUT = 5_000;

export type TlsOptions = {
  files: TlsFiles;
  /** Called for each connection on which no TLS came about. */
  failed: () => void;
  logger: Logger;
};

/** A server that speaks HTTPS, and uses a new certificate as soon as it is in the files. */
export function serveTls(options: ServerOptions, { files, failed, logger }: TlsOptions): Server {
  const current = readPair(files);
  const server = createServer({
    ...options,
    ...current,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    // As in plain HTTP: a client may close its side once its request is sent.
    allowHalfOpen: true,
  });
  const reload = new TlsReload({ files, current, use: (pair) => server.setSecureContext(pair), logger });
  server.once('close', () => reload.stop());
  const summed = new SummedLog(logger);
  // Node.js would treat it as an error of HTTP, and an answer would be written to a peer that can't read it.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (error: NodeJS.ErrnoException, socket) => {
    socket.destroy();
    failed();
    const kind = { reason: error.code ?? 'unknown' };
    summed.write({ level: 'info', message: 'a TLS handshake failed', kind });
  });
  return server;
}

/**
 * Calls `secured` once a connection has finished its handshake. Node.js gives no way from the one socket to the other, but
 * both have the same peer.
 */
export function followHandshakes(server: Server, secured: (raw: Socket, tls: Socket) => void): void {
  const raw = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    raw.set(peer, socket);
    socket.once('close', () => {
      if (raw.get(peer) === socket) raw.delete(peer);
    });
  });
  server.on('secureConnection', (socket) => {
    const before = raw.get(peerOf(socket));
    if (before) secured(before, socket);
  });
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
