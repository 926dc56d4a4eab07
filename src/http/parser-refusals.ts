import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fail, type Refusal } from '../callback/answer.ts';
import { UNFINISHED } from './body.ts';

/**
 * After its answer a connection stays open for so long, in ms. Closed with bytes unread, it would be reset, and the
 * peer could lose the answer.
 */
const LINGER_MS = 2_000;

/** A refused body of up to so many bytes is read to its end, so that the next request can come over its connection. */
const READ_TO_END_BYTES = 64 * 1024;

/** The last request of a connection, and its response. */
type Exchange = { request: IncomingMessage; response: ServerResponse };

/**
 * Gives an answer to whatever Node.js would refuse by itself: without the vendor's three fields, or without any
 * answer. It never reaches the request listener.
 *
 * @param refused told of each of these answers
 */
export function answerParserRefusals(server: Server, refused: (reason: Refusal) => void): void {
  const exchanges = new WeakMap<Socket, Exchange>();
  server.on('request', (request, response) => {
    exchanges.set(request.socket, { request, response });
    response.once('finish', () => leaveUnread(request));
  });
  // To refuse a callback for a header that asks for more than we know would lose it.
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
    // The peer is gone, or has had its answer already.
    if (!socket.writable || (exchange && isAnswered && !exchange.request.complete)) socket.destroy();
    else if (exchange && !isAnswered) afterAnswer(exchange, () => refuse(error, socket, refused));
    else refuse(error, socket, refused);
  });
}

/**
 * The rest of a large body that was refused stays in the operating system, until Node.js gives up the request. To
 * read it and throw it away, as Node.js would, takes so much time that callbacks wait.
 */
function leaveUnread(request: IncomingMessage): void {
  const { socket, complete, headers } = request;
  if (complete || Number(headers['content-length']) <= READ_TO_END_BYTES) {
    request.resume();
    return;
  }
  // In the next tick, for Node.js begins to read just now.
  process.nextTick(() => {
    request.pause();
    socket.pause();
  });
}

/** The answer that is under way comes first: it can be the OK of a callback that was made durable. */
function afterAnswer({ request, response }: Exchange, refuseTheNext: () => void): void {
  const { complete, socket } = request;
  response.once('finish', complete ? refuseTheNext : () => destroySoon(socket));
  if (!complete) request.emit(UNFINISHED);
}

function refuse(error: NodeJS.ErrnoException, socket: Socket, refused: (reason: Refusal) => void): void {
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  // Nobody asked for anything.
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
