/**
 * The strangers' process: connections that send a part of a large request and then nothing more. A connection that is
 * closed is opened again. It has a process of its own, for it needs a file descriptor per connection.
 */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { StalledRequest, StrangersJob, StrangersReport } from './strangers.ts';

const HALF_A_BODY = Buffer.alloc(512 * 1024, 32);
const REOPEN_AFTER_MS = 1_000;
/** Over a network connections don't come in one moment either. */
const OPEN_EVERY_MS = 4;

const job = JSON.parse(process.argv[2] ?? '') as StrangersJob;
const { hostname, port, pathname } = new URL(job.url);
const report: StrangersReport = { open: 0, opened: 0, answered: 0 };
process.on('message', (message) => {
  if (message === 'begin') void begin();
  process.send?.(report);
});
process.send?.(report);

async function begin(): Promise<void> {
  for (let index = 0; index < job.count; index += 1) {
    const request = job.requests[index % job.requests.length];
    if (request) stall(request);
    await delay(OPEN_EVERY_MS);
  }
}

function stall(request: StalledRequest): void {
  const socket = connect(Number(port), hostname);
  socket.once('connect', () => {
    report.open += 1;
    report.opened += 1;
    for (const part of partsOf(request)) socket.write(part);
    socket.once('close', () => {
      report.open -= 1;
    });
  });
  socket.once('data', () => {
    report.answered += 1;
  });
  socket.on('error', () => undefined);
  socket.once('close', () => {
    delay(REOPEN_AFTER_MS).then(() => stall(request));
  });
}

function partsOf({ query, sends }: StalledRequest): (string | Buffer)[] {
  const head = `POST ${pathname}?${query} HTTP/1.1\r\nHost: a\r\nContent-Length: ${2 * HALF_A_BODY.length}\r\n`;
  if (sends === 'half a head') return [head];
  return sends === 'a head' ? [`${head}\r\n`] : [`${head}\r\n`, HALF_A_BODY];
}
