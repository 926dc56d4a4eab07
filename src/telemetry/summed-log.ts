import type { Logger } from './logger.ts';

/** Lines of one kind are summed up over so long, in ms. */
const WINDOW_MS = 1_000;

export type SummedLine = {
  level: 'info' | 'warn' | 'error';
  message: string;
  /** Lines that agree in message and `kind` are summed up together. Few different values: each has lines of its own. */
  kind?: Record<string, string | number>;
  fields?: object;
};

/**
 * For what strangers can cause as often as they like, so that they can't fill the disk with the log. Of each kind the
 * first line is written at once. A second later one more line says in `leftOut` how many others there were meanwhile.
 */
export class SummedLog {
  readonly #logger: Logger;
  /** How many lines were left out in the window that is open, by kind. */
  readonly #windows = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  write(line: SummedLine): void {
    const { level, message, kind, fields } = line;
    if (!this.#logger.isLevelEnabled(level)) return;
    const key = JSON.stringify([message, kind]);
    const leftOut = this.#windows.get(key);
    if (leftOut !== undefined) {
      this.#windows.set(key, leftOut + 1);
      return;
    }
    this.#windows.set(key, 0);
    // Not unref'd: a process that ends says first what it left out.
    setTimeout(() => this.#closeWindow(key, line), WINDOW_MS);
    this.#logger[level]({ ...kind, ...fields }, message);
  }

  #closeWindow(key: string, { level, message, kind }: SummedLine): void {
    const leftOut = this.#windows.get(key);
    this.#windows.delete(key);
    if (leftOut) this.#logger[level]({ ...kind, leftOut }, message);
  }
}
