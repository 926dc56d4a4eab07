import type { Logger } from './logger.ts';

/** For how long lines of one kind are summed up, in ms. */
const WINDOW_MS = 1_000;

export type SummedLine = {
  level: 'info' | 'warn' | 'error';
  message: string;
  /** Lines with equal message and `kind` are summed up together. It must have few different values. */
  kind?: Record<string, string | number>;
  fields?: object;
};

/**
 * Logs what strangers can cause as often as they like, so that they can't fill the disk with log lines. The first line
 * of each kind is written at once. A second later one more line says in `leftOut` how many others there were.
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
    // Not unref'd: before a process ends, it logs how many lines it left out.
    setTimeout(() => this.#closeWindow(key, line), WINDOW_MS);
    this.#logger[level]({ ...kind, ...fields }, message);
  }

  #closeWindow(key: string, { level, message, kind }: SummedLine): void {
    const leftOut = this.#windows.get(key);
    this.#windows.delete(key);
    if (leftOut) this.#logger[level]({ ...kind, leftOut }, message);
  }
}
