import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Ids of deliveries that fail at first begin with the way in which they fail. */
export const FAILING = { retrying: 'retrying-', parked: 'parked-' } as const;

/** So long a side effect takes, in ms: some run whenever a worker stops. */
const TAKES_MS = 20;

/**
 * The app's own server, for two side effects: it takes messages at one path and relayed callbacks at another. It counts
 * how often it acknowledged each of them. Until it is mended, it answers some deliveries so that they are retried, and
 * some so that they are parked.
 */
export class SideEffectCounter {
  isMended = false;
  /** How often a side effect of a delivery was acknowledged, by `<side effect> <delivery id>`. */
  readonly done = new Map<string, number>();
  /** The idempotency keys of the messages, by the same keys. */
  readonly messageIds = new Map<string, Set<string>>();
  /** Requests that were refused, by the same keys. */
  readonly refused = new Map<string, number>();
  readonly #server = createServer((request, response) => void this.#take(request, response));

  static async start(): Promise<SideEffectCounter> {
    const counter = new SideEffectCounter();
    await new Promise<void>((resolve) => counter.#server.listen(0, '127.0.0.1', resolve));
    return counter;
  }

  /** Settings of workers and receivers whose side effects go here. */
  get settings(): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      CACHE_URL: 'off',
      SEARCH_URL: 'off',
      NOTIFY_URL: `http://127.0.0.1:${port}/notifyUsers`,
      NOTIFY_SECRET: 'a-secret-of-these-tests-0',
      NOTIFY_ALLOW_PRIVATE: 'on',
      RELAY_URL: `http://127.0.0.1:${port}/relayCallback`,
    };
  }

  /**
   * What of these deliveries was not done, or done too often.
   *
   * @param most how often each may be done
   */
  faults(deliveryIds: readonly string[], most = 1): string[] {
    const expected = deliveryIds.flatMap((id) => [`notifyUsers ${id}`, `relayCallback ${id}`]);
    const invented = [...this.done.keys()].filter((key) => !expected.includes(key));
    const isWrong = (count = 0) => count < 1 || count > most;
    const wrong = expected.filter((key) => isWrong(this.done.get(key)));
    return [...invented, ...wrong].map((key) => `${key}: done ${this.done.get(key) ?? 0} times`);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const sideEffect = new URL(request.url ?? '', 'http://app').pathname.slice(1);
    const deliveryId =
      sideEffect === 'notifyUsers'
        ? (JSON.parse(body) as { data: { deliveryId: string } }).data.deliveryId
        : String(request.headers['x-unfriend-delivery-id']);
    const key = `${sideEffect} ${deliveryId}`;
    const messageId = request.headers['webhook-id'];
    if (typeof messageId === 'string')
      this.messageIds.set(key, (this.messageIds.get(key) ?? new Set()).add(messageId));
    setTimeout(() => {
      const status = this.#statusFor(deliveryId);
      const counts = status === 200 ? this.done : this.refused;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"ErrorCode":0}');
    }, TAKES_MS);
  }

  #statusFor(deliveryId: string): number {
    if (this.isMended) return 200;
    if (deliveryId.startsWith(FAILING.retrying)) return 503;
    return deliveryId.startsWith(FAILING.parked) ? 403 : 200;
  }
}
