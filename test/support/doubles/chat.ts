import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Takes what is posted to a chat's incoming webhook. */
export class ChatDouble {
  readonly taken: { path: string; body: Record<string, unknown> }[] = [];
  /** `isEndless`: nothing says that the body is over. */
  answer: { status: number; body: string; isEndless?: boolean } = { status: 200, body: 'ok' };
  readonly #server = createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    this.taken.push({ path: request.url ?? '', body: JSON.parse(body) });
    response.writeHead(this.answer.status).write(this.answer.body);
    if (!this.answer.isEndless) response.end();
  });

  static async start(): Promise<ChatDouble> {
    const chat = new ChatDouble();
    await new Promise<void>((resolve) => chat.#server.listen(0, '127.0.0.1', resolve));
    return chat;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook?key=s3cr3t`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
