import { once } from 'node:events';
import { type ClientHttp2Session, connect, createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A gRPC status: its number, as grpc-js' `status` has it, and its message. */
export type Refusal = { code: number; message: string };

/** A gateway before a real Temporal server: it refuses the calls that a test names, and hands on all others. */
export class TemporalProxy {
  /** By the end of a call's path, such as `/ListSearchAttributes`. Each is refused until it is taken out. */
  readonly refusals = new Map<string, Refusal>();
  /** How often a call that is in `refusals` came. */
  readonly refused = new Map<string, number>();
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
    this.#upstream.on('error', () => undefined);
    this.#server.on('session', (session) => {
      this.#sessions.add(session);
      session.on('close', () => this.#sessions.delete(session));
      session.on('error', () => undefined);
    });
    this.#server.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      const method = String(headers[':path']).replace(/^.*(?=\/)/, '');
      const refusal = this.refusals.get(method);
      if (!refusal) return this.#handOn(stream, headers);
      this.refused.set(method, (this.refused.get(method) ?? 0) + 1);
      stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': String(refusal.code),
          'grpc-message': encodeURIComponent(refusal.message),
        },
        { endStream: true },
      );
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #handOn(stream: ServerHttp2Stream, headers: Record<string, unknown>): void {
    const onward = this.#upstream.request({ ...headers, ':authority': undefined } as never);
    onward.on('error', () => stream.destroy());
    onward.on('response', (answer) => {
      // An answer without content has its status here, and nothing follows.
      if (answer['grpc-status'] !== undefined) return stream.respond(withStatus(answer), { endStream: true });
      let trailers = {};
      onward.on('trailers', (got) => {
        trailers = withoutPseudo(got);
      });
      stream.respond(withStatus(answer), { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers(trailers));
      onward.pipe(stream);
    });
    stream.on('close', () => onward.close());
    stream.pipe(onward);
  }

  async stop(): Promise<void> {
    this.#upstream.destroy();
    this.#server.close();
    for (const session of this.#sessions) session.destroy();
  }
}

function withStatus(headers: Record<string, unknown>) {
  return { ...withoutPseudo(headers), ':status': Number(headers[':status']) };
}

function withoutPseudo(headers: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')));
}
