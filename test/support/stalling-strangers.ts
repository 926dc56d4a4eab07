/**
 * The strangers' process: connections that send a part of a large request and then nothing more. A connection that is
 * closed is opened again. It has a process of its own, for it needs a file descriptor per connection.
 */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { StrangersJob, StrangersReport } from './strangers.ts';

const HALF_A_BODY = Buffer.alloc(512 * 1024, 32);
const REOPEN_AFTER_MS = 200;

const job = JSON.parse(process.argv[2] ?? '') as StrangersJob;
const { hostname, port, pathname } = new URL(job.url);
const report: StrangersReport = { open: 0, opened: 0, answered: 0 };
process.on('message', () => process.send?.(report));
for (let index = 0; index < job.count; index += 1) stall(index);

function stall(index: number): void {
  const { query = '', half } = job.kinds[index % job.kinds.length] ?? { half: true };
  const socket = connect(Number(port), hostname);
  socket.on('connect', () => {
    report.open += 1;
    report.opened += 1;
    socket.write(
      `POST ${pathname}?${query} HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * HALF_A_BODY.length}\r\n\r\n`,
    );
    if (half) socket.write(HALF_A_BODY);
    socket.once('close', () => {
      report.open -= 1;
    });
  });
  socket.once('data', () => {
    report.answered += 1;
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    delay(REOPEN_AFTER_MS).then(() => stall(index));
  });
}
