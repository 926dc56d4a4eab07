import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Posted = { path: string; headers: IncomingHttpHeaders; body: string };

type Answer = (response: ServerResponse) => void;

/** An endpoint for webhooks on a free port of every IPv4 address of this machine. With a certificate it speaks TLS. */
export class WebhookEndpoint {
  readonly posted: Posted[] = [];
  /** How many connections were made, with or without a request. */
  connections = 0;
  /** What the next requests are answered with; 204 after that. */
  readonly answers: Answer[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', () => {
      this.connections += 1;
    });
    server.on('request', async (request, response) => {
      const body = (await request.setEncoding('utf8').toArray()).join('');
      this.posted.push({ path: request.url ?? '', headers: request.headers, body });
      const answer = this.answers.shift() ?? ((it: ServerResponse) => it.writeHead(204).end());
      answer(response);
    });
  }

  static async start(tls?: { key: string; cert: string }): Promise<WebhookEndpoint> {
    const server = tls ? createTlsServer(tls) : createServer();
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
    return new WebhookEndpoint(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Answers the next request with a status. */
  next(status: number, headers: Record<string, string> = {}): void {
    this.answers.push((response) => response.writeHead(status, headers).end('of no interest'));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
