/** The process of hostile-clients.ts: it has one of its own, so that the sender of good callbacks does not wait for it. */
import { connect, type Socket } from 'node:net';
import type { HostileReport } from './hostile-clients.ts';
import { composeHostile, type HostileJob, type HostileRequest } from './hostile-requests.ts';

/** A receiver closes a slow request after 10 s. An exchange that takes longer, in ms, is given up. */
const PATIENCE = 20_000;

const job = JSON.parse(process.argv[2] ?? '') as HostileJob;
const { hostname, port } = new URL(job.url);
const report: HostileReport = { sent: 0, byKind: {}, byStatus: {}, isDone: false };
const slow: HostileRequest[] = [];
let taken = 0;

process.on('message', (message) => {
  if (message === 'begin') void begin();
  process.send?.(report);
});
process.send?.(report);

async function begin(): Promise<void> {
  const quick = Array.from({ length: job.connections }, () => sendQuick());
  const others = Array.from({ length: job.slowConnections }, () => sendSlow());
  await Promise.all([...quick, ...others]);
  report.isDone = true;
}

async function sendQuick(): Promise<void> {
  let connection: Connection | undefined;
  while (taken < job.count) {
    const request = composeHostile(job, taken);
    taken += 1;
    if (request.isSlow) {
      slow.push(request);
      continue;
    }
    if (!connection?.isOpen) connection = new Connection();
    note(request, await connection.exchange(request));
    // What was not sent to its end, or can't be read to its end, can't be followed by another request.
    if (request.kind === 'oversized' || request.kind === 'malformed') connection.close();
  }
  connection?.close();
}

async function sendSlow(): Promise<void> {
  for (;;) {
    const request = slow.pop();
    if (!request && taken >= job.count) return;
    if (!request) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    const connection = new Connection();
    note(request, await connection.exchange(request));
    connection.close();
  }
}

function note({ kind }: HostileRequest, status: string): void {
  report.sent += 1;
  report.byKind[kind] = (report.byKind[kind] ?? 0) + 1;
  report.byStatus[status] = (report.byStatus[status] ?? 0) + 1;
}

/** One connection, with one exchange at a time. */
class Connection {
  readonly #socket: Socket;
  #answer = '';
  #settle: (status: string) => void = () => undefined;
  #isOpen = true;

  constructor() {
    this.#socket = connect(Number(port), hostname);
    this.#socket.on('error', () => undefined);
    this.#socket.on('data', (chunk) => this.#take(chunk.toString()));
    for (const event of ['close', 'end']) {
      this.#socket.on(event, () => {
        this.#isOpen = false;
        this.#settle('closed');
        this.#socket.destroy();
      });
    }
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @returns the status, or `closed` or `none` where there was no answer */
  exchange({ parts }: HostileRequest): Promise<string> {
    this.#answer = '';
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.close();
        resolve('none');
      }, PATIENCE);
      this.#settle = (status) => {
        clearTimeout(timer);
        resolve(status);
      };
      for (const part of parts) this.#socket.write(part);
    });
  }

  close(): void {
    this.#isOpen = false;
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#answer += text;
    const [head = '', body] = this.#answer.split('\r\n\r\n', 2);
    if (body === undefined || body.length < Number(/content-length: (\d+)/i.exec(head)?.[1])) return;
    if (/connection: close/i.test(head)) this.close();
    this.#settle(head.split(' ')[1] ?? 'none');
  }
}
