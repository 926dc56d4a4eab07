import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childModule } from '../child-module.ts';
import type { Certificate } from '../inputs/certificates.ts';
import { temporaryFolder } from '../servers/temporal.ts';

const CHILD = childModule('./app-endpoint-child', import.meta.url);

export const RECORD_FILE = 'taken.jsonl';
export const SETTINGS_FILE = 'settings.json';

/** What the process reads at its start. */
export type EndpointSettings = { token: string; tls?: Certificate };

/** What a callback tells the endpoint to do with it, in its field `Endpoint`. */
export type Instructions = {
  /** For so many tries of a delivery. Absent: always. */
  tries?: number;
  /** In ms, before the answer. */
  wait?: number;
  status?: number;
  headers?: Record<string, string>;
  /** The body of the answer. */
  text?: string;
  /** How large the body of the answer is. */
  bytes?: number;
  errorCode?: number;
  /** Closes the connection instead of an answer. */
  hangUp?: boolean;
  /** Closes the connection when the next request comes over it. */
  closeNext?: boolean;
};

/** A callback as it reached the endpoint. */
export type Taken = {
  at: number;
  /** Path and query. */
  target: string;
  rawHeaders: string[];
  /** In base64. */
  body: string;
  isSigned: boolean;
};

/**
 * The endpoint of an app in a process of its own, at one port for as long as the test runs: it can be killed and
 * started again. It verifies every signature, answers some "before" commands by rules of its own, and notes each
 * request in a file before it answers.
 */
export class AppEndpoint {
  readonly #folder = temporaryFolder();
  readonly #isTls: boolean;
  #child: ChildProcess | undefined;
  #port = 0;

  private constructor(settings: EndpointSettings) {
    this.#isTls = settings.tls !== undefined;
    writeFileSync(join(this.#folder.path, SETTINGS_FILE), JSON.stringify(settings));
  }

  static async start(settings: EndpointSettings): Promise<AppEndpoint> {
    const endpoint = new AppEndpoint(settings);
    await endpoint.restart();
    return endpoint;
  }

  /** With a query parameter of its own, as some backends have. */
  get url(): string {
    const origin = this.#isTls ? 'https://localhost' : 'http://127.0.0.1';
    return `${origin}:${this.#port}/im/callback?from=im`;
  }

  /** What it took so far, in order. */
  taken(): Taken[] {
    const file = join(this.#folder.path, RECORD_FILE);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n');
    // What follows the last line break is not written yet.
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Taken);
  }

  async restart(): Promise<void> {
    const child = fork(CHILD.file, [this.#folder.path, String(this.#port)], { execArgv: CHILD.execArgv });
    this.#child = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error('the endpoint ended before it listened');
    });
    const [said] = (await Promise.race([once(child, 'message'), ended])) as [{ port: number }];
    ended.catch(() => undefined);
    this.#port = said.port;
  }

  /** With kill -9. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#folder.remove();
  }
}

/** A header of a request; undefined: it has none. */
export function headerOf({ rawHeaders }: Taken, name: string): string | undefined {
  const at = rawHeaders.findIndex((each, index) => index % 2 === 0 && each.toLowerCase() === name);
  return at < 0 ? undefined : rawHeaders[at + 1];
}

export function queryOf({ target }: Taken): URLSearchParams {
  return new URL(target, 'http://endpoint').searchParams;
}
