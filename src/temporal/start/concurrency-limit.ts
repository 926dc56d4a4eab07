/** How many starts run at the same time at first, and at most. */
const FIRST = 2;
const MOST = 128;

/** Starts that take longer than this on average, in ms, and this many times as long as without a queue, are in a queue. */
const QUEUE_MS = 50;
const QUEUE_FACTOR = 2;

/** So few starts make no queue in the server. What they take is what the server needs. */
const FEW = 2;

/**
 * How many starts may run at the same time: as many as make the server fast. More of them would only wait in the server's
 * queue, in front of the tasks of the workers. The limit grows by one while all of it is used and starts are quick. It
 * shrinks by a fifth when they begin to queue, and by half when the server refuses one.
 */
export class ConcurrencyLimit {
  readonly #clock: () => number;
  #current = FIRST;
  /** What a start takes on average when there is no queue, in ms, as far as this is known. */
  #unqueuedMs = Number.POSITIVE_INFINITY;
  #shrunkAt = Number.NEGATIVE_INFINITY;
  /** As many starts as the limit. They are looked at together. */
  #round = { starts: 0, ms: 0, isFull: false };

  /** @param clock monotonic, in ms */
  constructor(clock = () => performance.now()) {
    this.#clock = clock;
  }

  get current(): number {
    return this.#current;
  }

  /**
   * Notes a start that the server answered.
   *
   * @param ms how long it took
   * @param underWay how many were under way when it was answered, itself included
   */
  noteAnswered(ms: number, underWay: number): void {
    const round = this.#round;
    round.starts += 1;
    round.ms += ms;
    round.isFull ||= underWay >= this.#current;
    if (round.starts < this.#current) return;
    this.#finishRound(round.ms / round.starts, round.isFull);
  }

  /**
   * Notes a start that the server refused or did not answer.
   *
   * @param startedAt when it began, on the clock. One refusal of many starts at once shrinks the limit once
   */
  noteRefused(startedAt: number): void {
    if (startedAt < this.#shrunkAt) return;
    this.#shrinkTo(this.#current / 2);
  }

  #finishRound(averageMs: number, isFull: boolean): void {
    // A server that became slower for good shows it here: the limit has shrunk by then.
    this.#unqueuedMs = this.#current <= FEW ? averageMs : Math.min(this.#unqueuedMs, averageMs);
    if (averageMs > Math.max(QUEUE_MS, QUEUE_FACTOR * this.#unqueuedMs)) this.#shrinkTo(this.#current * 0.8);
    else if (isFull) this.#current = Math.min(MOST, this.#current + 1);
    this.#round = { starts: 0, ms: 0, isFull: false };
  }

  #shrinkTo(limit: number): void {
    this.#current = Math.max(1, Math.floor(limit));
    this.#shrunkAt = this.#clock();
    this.#round = { starts: 0, ms: 0, isFull: false };
  }
}
