import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type BulkAction = { delete?: { _id: string } };
type BulkAnswer = { items?: { delete?: { result?: string; status?: number } }[] };

/** A real search server behind a switch: dead, it answers 503; alive, it is noted which documents it deleted. */
export class SwitchableSearch {
  isDead = false;
  /** Ids of documents, in the order in which they were deleted. */
  readonly deleted: string[] = [];
  readonly #target: string;
  readonly #server = createServer((request, response) => void this.#pass(request, response));

  private constructor(target: string) {
    this.#target = target;
  }

  /** @param target the server's own address */
  static async start(target: string): Promise<SwitchableSearch> {
    const search = new SwitchableSearch(target);
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

  async #pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/', headers } = request;
    const body = Buffer.concat(await request.toArray());
    if (this.isDead) {
      response.writeHead(503).end();
      return;
    }
    const { 'content-type': type = 'application/json' } = headers;
    const answer = await fetch(new URL(url, this.#target), {
      ...{ method, headers: { 'content-type': type } },
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    if (url.includes('_bulk')) this.#note(body.toString().trim().split('\n').map(parse), JSON.parse(text));
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }

  /** The answer has the actions' order, and not their ids. */
  #note(actions: BulkAction[], { items = [] }: BulkAnswer): void {
    for (const [index, { delete: wanted }] of actions.entries()) {
      if (wanted && items[index]?.delete?.status === 200) this.deleted.push(wanted._id);
    }
  }
}

function parse(line: string): BulkAction {
  return JSON.parse(line) as BulkAction;
}
