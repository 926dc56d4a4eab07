import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { FriendDeletedMessage } from '../../../activities/backends/messenger.ts';

/** What a webhook is answered with; `nothing`: the connection stays open without a word. */
export type SinkAnswer = { status: number; headers?: Record<string, string> } | 'nothing';

/** One try of one message, and what it was answered with. */
export type Taken = { id: string; body: string; at: number; answer: SinkAnswer };

const NO_CONTENT: SinkAnswer = { status: 204 };

/** Receives webhooks as an app would: verifies each signature, and notes what it took. */
export class WebhookSink {
  readonly taken: Taken[] = [];
  /** Requests whose signature was not right. */
  forged = 0;
  /** Decides what a message is answered with. */
  answer: (id: string) => SinkAnswer = () => NO_CONTENT;
  readonly #verifier: Webhook;
  readonly #server = createServer((request, response) => void this.#take(request, response));

  /** @param secret of 24 to 64 characters */
  static async start(secret: string): Promise<WebhookSink> {
    const sink = new WebhookSink(secret);
    await new Promise<void>((resolve) => sink.#server.listen(0, '127.0.0.1', resolve));
    return sink;
  }

  private constructor(secret: string) {
    this.#verifier = new Webhook(secret, { format: 'raw' });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hooks`;
  }

  /** Messages that were taken and acknowledged, every repeat of one too. */
  get acknowledged(): Taken[] {
    return this.taken.filter(({ answer }) => answer !== 'nothing' && answer.status < 300);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const { headers } = request;
    try {
      this.#verifier.verify(body, headers as Record<string, string>);
    } catch {
      this.forged += 1;
      response.writeHead(401).end();
      return;
    }
    const id = String(headers['webhook-id']);
    const answer = this.answer(id);
    this.taken.push({ id, body, at: Date.now(), answer });
    if (answer !== 'nothing') response.writeHead(answer.status, answer.headers).end();
  }
}

export function readMessage({ body }: Taken): FriendDeletedMessage {
  return JSON.parse(body) as FriendDeletedMessage;
}
