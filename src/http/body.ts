import type { IncomingMessage } from 'node:http';
import type { Room, Share } from './room.ts';

/** So many bytes of a body are read without a share. Node.js reads about as much ahead. Most callbacks are smaller. */
const FREE_BYTES = 16 * 1024;

/** How long a body may take to arrive, in ms. The sender of callbacks itself waits for 2 s. */
const BODY_TIMEOUT = 3_000;

/** How long a body may wait for its share, in ms. It is longer than the bodies before it may stall. */
const SHARE_TIMEOUT = 5_000;

/** Emitted by a request whose rest can't arrive any more. Its sender still waits for the answer. */
export const UNFINISHED = 'unfinished';

/** Call `release` once the callback is answered. Until then its bytes stay in memory. */
export type Body = { bytes: Buffer; release: () => void };

/** Why there is no body. `unavailable`: there was no room in memory in time. */
export type NoBody = 'too-large' | 'aborted' | 'unavailable';

/** Reads a body of up to `limit` bytes. A large one waits for its share of `room` before more of it is read. */
export function readBody(
  request: IncomingMessage,
  { limit, room }: { limit: number; room: Room },
): Promise<Body | NoBody> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return Promise.resolve('too-large');
  if (request.destroyed) return Promise.resolve('aborted');
  return new Promise((resolve) => new Reading(request, { limit, room, announced }, resolve).begin());
}

type ReadingOptions = { limit: number; room: Room; announced: number };

class Reading {
  readonly #request: IncomingMessage;
  readonly #options: ReadingOptions;
  readonly #resolve: (body: Body | NoBody) => void;
  #timer = setTimeout(() => this.#giveUp(), BODY_TIMEOUT);
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #share: Share | undefined;

  constructor(request: IncomingMessage, options: ReadingOptions, resolve: (body: Body | NoBody) => void) {
    this.#request = request;
    this.#options = options;
    this.#resolve = resolve;
  }

  begin(): void {
    for (const event of ENDS) this.#request.on(event, this.#abort);
    if (this.#options.announced > FREE_BYTES) this.#askForShare();
    if (this.#share?.isGranted !== false) this.#read();
  }

  #read(): void {
    this.#request.on('data', this.#take).on('end', this.#end);
  }

  readonly #take = (chunk: Buffer): void => {
    this.#size += chunk.length;
    if (this.#size > this.#options.limit) {
      this.#settle('too-large');
      return;
    }
    this.#chunks.push(chunk);
    if (this.#size > FREE_BYTES && !this.#share) this.#askForShare();
  };

  #askForShare(): void {
    const { room, announced, limit } = this.#options;
    this.#share = room.ask(announced || limit, () => {
      this.#startTimer(BODY_TIMEOUT);
      if (this.#size === 0) this.#read();
      this.#request.resume();
    });
    if (this.#share.isGranted) return;
    this.#startTimer(SHARE_TIMEOUT);
    this.#request.pause();
    this.#request.socket.pause();
  }

  #startTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveUp(), ms);
  }

  readonly #end = (): void => {
    const [first] = this.#chunks;
    const bytes = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.#size);
    this.#settle({ bytes, release: () => this.#share?.release() });
  };

  readonly #abort = (): void => this.#settle('aborted');

  /** A signed callback that found no room is lost, and must be counted. If a body stalls, that is its sender's fault. */
  #giveUp(): void {
    this.#settle(this.#share?.isGranted === false ? 'unavailable' : 'aborted');
  }

  #settle(body: Body | NoBody): void {
    clearTimeout(this.#timer);
    this.#request.off('data', this.#take).off('end', this.#end);
    for (const event of ENDS) this.#request.off(event, this.#abort);
    if (typeof body === 'string') {
      this.#share?.release();
      this.#request.pause();
    }
    this.#resolve(body);
  }
}

const ENDS = [UNFINISHED, 'error', 'close'];
