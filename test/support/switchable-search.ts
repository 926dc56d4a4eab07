import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A search server that can be dead, and counts what it deleted: of OpenSearch it knows no more than what is asked. */
export class SwitchableSearch {
  isDead = false;
  /** Ids of documents, in the order in which they were deleted. */
  readonly deleted: string[] = [];
  readonly #server = createServer((request, response) => void this.#answer(request, response));

  static async start(): Promise<SwitchableSearch> {
    const search = new SwitchableSearch();
    await new Promise<void>((resolve) => search.#server.listen(0, '127.0.0.1', resolve));
    return search;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    if (this.isDead) {
      response.writeHead(503).end();
      return;
    }
    const ids = body.split('\n').flatMap((line) => (line ? [JSON.parse(line).delete._id as string] : []));
    this.deleted.push(...ids);
    const items = ids.map(() => ({ delete: { status: 200, result: 'deleted' } }));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ items }));
  }
}
