import assert from 'node:assert/strict';
import { connect } from 'node:net';

/** Sends bytes over a connection of their own, and returns all that comes back until it is closed. */
export function sendRaw(
  url: string,
  bytes: string,
  { halfClose = false }: { halfClose?: boolean } = {},
): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true }, () => {
      socket.write(bytes);
      if (halfClose) socket.end();
    });
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
