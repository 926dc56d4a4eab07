type Attempt = { at: number; failure: string | undefined };

/** How the last attempt of each side effect went on this worker. */
export class LastAttempts {
  readonly #last: Map<string, Attempt | undefined>;
  readonly #clock: () => number;

  /** @param clock in ms */
  constructor(sideEffects: readonly string[], clock: () => number = () => performance.now()) {
    this.#last = new Map(sideEffects.map((name) => [name, undefined]));
    this.#clock = clock;
  }

  /** @param failure its type; undefined: the attempt did all that it should */
  note(sideEffect: string, failure: string | undefined): void {
    this.#last.set(sideEffect, { at: this.#clock(), failure });
  }

  /** In words, by side effect. */
  describe(): Record<string, string> {
    return Object.fromEntries([...this.#last].map(([name, last]) => [name, this.#inWords(last)]));
  }

  #inWords(last: Attempt | undefined): string {
    if (!last) return 'no attempt yet';
    const seconds = Math.round((this.#clock() - last.at) / 1000);
    return last.failure === undefined
      ? `last attempt done ${seconds} s ago`
      : `last attempt failed ${seconds} s ago: ${last.failure}`;
  }
}
