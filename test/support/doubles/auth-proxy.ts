import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificate } from '../inputs/certificates.ts';

type ProxyOptions = { to: string; user: string; password: string; certificate: Certificate; port?: number };

/** What stands before a search server in production: ends TLS, demands basic auth, and limits rates. */
export class AuthProxy {
  /** What it answers by itself instead of asking the server behind. */
  refusal: { status: number; headers?: Record<string, string> } | undefined;
  readonly #options: ProxyOptions;
  readonly #server;

  static async start(options: ProxyOptions): Promise<AuthProxy> {
    const proxy = new AuthProxy(options);
    proxy.#server.listen(options.port ?? 0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor(options: ProxyOptions) {
    this.#options = options;
    const { cert, key } = options.certificate;
    this.#server = createServer({ cert, key }, (incoming, answer) => {
      const refusal = this.#isAllowed(incoming.headers.authorization) ? this.refusal : UNAUTHORIZED;
      if (refusal) {
        incoming.resume();
        answer.writeHead(refusal.status, refusal.headers).end('refused by the proxy');
        return;
      }
      const { authorization, host, ...headers } = incoming.headers;
      const target = new URL(incoming.url ?? '/', options.to);
      const onward = request(target, { method: incoming.method, headers }, (response) => {
        answer.writeHead(response.statusCode ?? 502, response.headers);
        response.pipe(answer);
      });
      onward.on('error', () => answer.writeHead(502).end());
      incoming.pipe(onward);
    });
  }

  /** @param credentials `user:password`; the right ones unless told */
  url(credentials = `${this.#options.user}:${encodeURIComponent(this.#options.password)}`): string {
    const { port } = this.#server.address() as AddressInfo;
    return `https://${credentials}@localhost:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #isAllowed(authorization: string | undefined): boolean {
    const { user, password } = this.#options;
    return authorization === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  }
}

const UNAUTHORIZED = { status: 401, headers: { 'www-authenticate': 'Basic realm="search"' } };
