import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { EMBEDDED } from '../inputs/embedded.ts';
import { until } from '../until.ts';
import { BIN, type ProcessSettings } from './process.ts';

/** Of util-linux: gives a command a terminal of its own. */
const SCRIPT = '/usr/bin/script';

export const NO_TERMINAL = !existsSync(SCRIPT) && `${SCRIPT} is missing`;

/** A running `unfriend` whose input and output are a terminal. */
export class UnfriendOnTerminal {
  readonly #child: ChildProcess;
  #output = '';

  constructor(command: string, settings: ProcessSettings) {
    const { PATH = '', HOME = '', TEMPORAL_CONFIG_FILE = '' } = process.env;
    const shell = `exec '${process.execPath}' '${BIN}' ${command}`;
    this.#child = spawn(SCRIPT, ['-qec', shell, '/dev/null'], {
      env: { PATH, HOME, TEMPORAL_CONFIG_FILE, ...EMBEDDED, ...settings },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#output += chunk.toString();
    });
  }

  /** The lines so far, without colours. */
  get lines(): string[] {
    return stripVTControlCharacters(this.#output)
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '');
  }

  /** Waits for a line and returns its match. */
  line(pattern: RegExp): Promise<RegExpMatchArray> {
    return until(`${pattern} in\n${this.#output}`, () => {
      if (this.#child.exitCode !== null) throw new Error(`it ended:\n${this.#output}`);
      return this.lines.map((line) => line.match(pattern)).find((match) => match !== null);
    });
  }

  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  async exit(): Promise<number | null> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }

  /** Presses Ctrl-C. */
  async interrupt(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.stdin?.write('\x03');
    await exit;
  }
}
