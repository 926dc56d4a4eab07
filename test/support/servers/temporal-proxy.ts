import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A gRPC status: its number, as grpc-js' `status` has it, and its message. */
export type Refusal = { code: number; message: string };

/** `after`: so many calls are handed on before. */
export type PlannedRefusal = Refusal & { after?: number };

/** A gateway before a real Temporal server: it refuses the calls that a test names, and hands on all others. */
export class TemporalProxy {
  /** By the end of a call's path, such as `/ListSearchAttributes`. Each is refused until it is taken out. */
  readonly refusals = new Map<string, PlannedRefusal>();
  /** The same, of calls that are answered with this message and nothing else, as protobuf. */
  readonly answers = new Map<string, Buffer>();
  /** How often a call was refused. */
  readonly refused = new Map<string, number>();
  /** Set: calls with another API key are refused, as Temporal Cloud does it. */
  apiKey: string | undefined;
  readonly #server = createServer();
  readonly #sessions = new Set<{ destroy(): void }>();
  readonly #upstream: ClientHttp2Session;

  /** @param to the server's address */
  static async start(to: string): Promise<TemporalProxy> {
    const proxy = new TemporalProxy(to);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(to: string) {
    this.#upstream = connect(`http://${to}`);
    this.#upstream.on('error', ignore);
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', ignore);
    });
    this.#server.on('stream', (stream, headers) => this.#take(stream, headers));
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#upstream.destroy();
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', ignore);
    const method = String(headers[':path']).replace(/^.*(?=\/)/, '');
    const isForeign = this.apiKey !== undefined && headers.authorization !== `Bearer ${this.apiKey}`;
    const refusal = isForeign ? UNAUTHORIZED : this.refusals.get(method);
    const answer = this.answers.get(method);
    if (refusal?.after) {
      refusal.after -= 1;
      this.#handOn(stream, headers);
    } else if (refusal) {
      this.refused.set(method, (this.refused.get(method) ?? 0) + 1);
      stream.respond({ ...GRPC, ...asStatus(refusal) }, { endStream: true });
    } else if (answer) {
      sendMessage(stream, answer);
    } else {
      this.#handOn(stream, headers);
    }
  }

  #handOn(stream: ServerHttp2Stream, { ':authority': _authority, ...headers }: IncomingHttpHeaders): void {
    const onward = this.#upstream.request(headers);
    onward.on('error', () => stream.destroy());
    onward.on('response', (answer) => {
      const answered = { ...withoutPseudo(answer), ':status': answer[':status'] };
      // An answer without content has its status here, and nothing follows.
      if (answer['grpc-status'] !== undefined) return stream.respond(answered, { endStream: true });
      let trailers: OutgoingHttpHeaders = {};
      onward.on('trailers', (got) => {
        trailers = withoutPseudo(got);
      });
      stream.respond(answered, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      onward.pipe(stream);
    });
    stream.on('close', () => onward.close());
    stream.pipe(onward);
  }
}

const UNAUTHORIZED: PlannedRefusal = { code: 16, message: 'Request unauthorized.' };
const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

function asStatus({ code, message }: Refusal): OutgoingHttpHeaders {
  return { 'grpc-status': String(code), 'grpc-message': encodeURIComponent(message) };
}

function sendMessage(stream: ServerHttp2Stream, message: Buffer): void {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond(GRPC, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(asStatus({ code: 0, message: '' })));
  stream.end(Buffer.concat([prefix, message]));
}

function withoutPseudo(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}

function ignore(): void {
  // A connection that breaks is what some tests are about.
}
