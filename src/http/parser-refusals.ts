import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fail, type Refusal } from '../callback/answer.ts';
import { UNFINISHED } from './body.ts';

/**
 * How long a connection stays open after its answer, in ms. If it were closed while bytes are unread, it would be reset,
 * and the peer could lose the answer.
 */
const LINGER_MS = 2_000;

/** A refused body of up to so many bytes is read to its end, so that the connection can be used for the next request. */
const READ_TO_END_BYTES = 64 * 1024;

/** The last request of a connection, and its response. */
type Exchange = { request: IncomingMessage; response: ServerResponse };

/**
 * Answers requests that Node.js refuses by itself and that never reach the request listener. Node.js would answer without
 * the vendor's three fields, or not at all.
 *
 * @param refused called for each of these answers
 */
export function answerParserRefusals(server: Server, refused: (reason: Refusal) => void): void {
  const exchanges = new WeakMap<Socket, Exchange>();
  server.on('request', (request, response) => {
    exchanges.set(request.socket, { request, response });
    response.once('finish', () => leaveUnread(request));
  });
  // Ignore an unknown expectation: a callback that is refused for its header would be lost.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
  server.on('connect', (_request, socket) => {
    socket.on('error', () => undefined);
    refused('wrong-method');
    answer(socket, 'wrong-method');
  });
  const failed = new WeakSet<Socket>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (failed.has(socket)) return;
    failed.add(socket);
    const exchange = exchanges.get(socket);
    const isAnswered = exchange?.response.writableFinished ?? true;
    // The peer is gone, or has its answer already.
    if (!socket.writable || (exchange && isAnswered && !exchange.request.complete)) socket.destroy();
    else if (exchange && !isAnswered) afterAnswer(exchange, () => refuse(error, socket, refused));
    else refuse(error, socket, refused);
  });
}

/**
 * Leaves the rest of a large refused body in the operating system, until Node.js gives up the request. Node.js itself
 * would read all of it to throw it away. That takes so much time that callbacks wait.
 */
function leaveUnread(request: IncomingMessage): void {
  const { socket, complete, headers } = request;
  if (complete || Number(headers['content-length']) <= READ_TO_END_BYTES) {
    request.resume();
    return;
  }
  // In the next tick, because Node.js begins to read in this one.
  process.nextTick(() => {
    request.pause();
    socket.pause();
  });
}

/** An answer that is being sent comes first: it can be the OK of a callback that was made durable. */
function afterAnswer({ request, response }: Exchange, refuseTheNext: () => void): void {
  const { complete, socket } = request;
  response.once('finish', complete ? refuseTheNext : () => destroySoon(socket));
  if (!complete) request.emit(UNFINISHED);
}

function refuse(error: NodeJS.ErrnoException, socket: Socket, refused: (reason: Refusal) => void): void {
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  // There was no request.
  if (isLate && socket.bytesRead === 0) {
    socket.destroy();
    return;
  }
  const reason = isLate ? 'aborted' : 'malformed-http';
  refused(reason);
  answer(socket, reason, isLate ? 'request: incomplete' : undefined);
}

const STATUS_TEXTS: Record<number, string> = { 400: 'Bad Request', 405: 'Method Not Allowed' };

function answer(socket: Duplex, reason: Refusal, info?: string): void {
  const { status, body } = fail(reason, info);
  const json = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXTS[status]}\r\n${status === 405 ? 'Allow: POST\r\n' : ''}` +
      'Connection: close\r\nContent-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${Buffer.byteLength(json)}\r\n\r\n${json}`,
  );
  destroySoon(socket);
}

function destroySoon(socket: Duplex): void {
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
}
