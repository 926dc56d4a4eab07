import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/**
 * Sends bytes over a connection of their own, and returns all that comes back until it is closed. With `https:` whoever answers
 * is believed.
 */
export function sendRaw(
  url: string,
  bytes: string,
  { halfClose = false }: { halfClose?: boolean } = {},
): Promise<string> {
  const { hostname, port, protocol } = new URL(url);
  const target = { host: hostname, port: Number(port), allowHalfOpen: true };
  return new Promise((resolve, reject) => {
    const begin = () => {
      socket.write(bytes);
      if (halfClose) socket.end();
    };
    const socket: Socket =
      protocol === 'https:'
        ? connectTls({ ...target, rejectUnauthorized: false }, begin)
        : connect(target, begin);
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('end', () => {
      socket.destroy();
      resolve(answer);
    });
    socket.on('error', reject);
  });
}

/** Asserts that `answer` is one HTTP answer with the vendor's three fields; returns its status and ErrorInfo. */
export function readAnswer(answer: string): string {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  const fields = JSON.parse(body) as Record<string, unknown>;
  assert.deepEqual(Object.keys(fields), ['ActionStatus', 'ErrorCode', 'ErrorInfo'], answer);
  assert.match(head, /content-type: application\/json/i);
  return `${head.split(' ')[1]} ${fields.ErrorInfo}`.trim();
}
