import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { EMBEDDED } from '../inputs/embedded.ts';
import { until } from '../until.ts';
import { namespaceAt, temporalCli } from './temporal.ts';

export const BIN = join(PACKAGE_ROOT, 'dist', 'src', 'cli', 'bin.js');

/** What is set for a test's process, beside {@link EMBEDDED}: a developer's own settings don't count. */
export type ProcessSettings = Record<string, string>;

type ProcessOptions = {
  /** How many files it may have open, sockets included. */
  openFiles?: number | undefined;
  /** Another build's entry file. */
  bin?: string;
  /** Of Node.js. */
  flags?: readonly string[];
};

/** A running `unfriend`, as users start it. */
export class UnfriendProcess {
  readonly child: ChildProcess;
  stdout = '';
  stderr = '';

  constructor(
    args: string[],
    settings: ProcessSettings,
    { openFiles, bin = BIN, flags = [] }: ProcessOptions = {},
  ) {
    const env = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      TEMPORAL_CONFIG_FILE: process.env.TEMPORAL_CONFIG_FILE,
      TEMPORAL_CLI_PATH: temporalCli(),
      ...namespaceAt(settings.TEMPORAL_ADDRESS),
      ...EMBEDDED,
      ...settings,
    };
    const command = [process.execPath, ...flags, bin, ...args];
    const limited = ['/bin/sh', '-c', `ulimit -n ${openFiles}; exec "$@"`, 'sh', ...command];
    const [file = '', ...rest] = openFiles === undefined ? command : limited;
    this.child = spawn(file, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString();
    });
    this.child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
    });
  }

  /** The JSON log lines so far. */
  logs(): Record<string, unknown>[] {
    return this.stderr.split('\n').flatMap((line) => {
      try {
        return [JSON.parse(line) as Record<string, unknown>];
      } catch {
        return [];
      }
    });
  }

  /** Waits for a log line and returns it. */
  log(message: string, timeout = 30_000): Promise<Record<string, unknown>> {
    return until(
      `log line "${message}" in\n${this.stderr}`,
      () => {
        if (this.child.exitCode !== null)
          throw new Error(`ended with ${this.child.exitCode}:\n${this.stderr}`);
        return this.logs().find((line) => line.msg === message);
      },
      timeout,
    );
  }

  /** @throws when it ended, with what it printed */
  mustRun(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null)
      throw new Error(`ended with ${exitCode ?? signalCode}:\n${this.stderr}`);
  }

  async exit(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  /** Ends it by force, whatever state it is in. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.exit();
  }
}

/** V8 optimises no code: a command ends before that would pay. Without it, most take a fifth less processor time. */
const SHORT_LIVED = ['--no-opt'];

/** Runs a command to its end. */
export async function runUnfriend(args: string[], settings: ProcessSettings = {}) {
  const running = new UnfriendProcess(args, settings, { flags: SHORT_LIVED });
  const code = await running.exit();
  await until(
    'its output to be complete',
    () => running.child.stdout?.closed && running.child.stderr?.closed,
  );
  return { code, stdout: running.stdout, stderr: running.stderr };
}

/** For services: any free port, and no wait for a load balancer. */
export const FREE_PORTS: ProcessSettings = {
  ...{
    PORT: '0',
    OPS_PORT: '0',
    LOCAL_TEMPORAL_PORT: '0',
    LOCAL_TEMPORAL_UI_PORT: '0',
    DRAIN_DELAY: '200ms',
  },
  SDK_APP_ID: '1400483163',
  CALLBACK_TOKEN: 'xxxxyyyy',
  HOST: '127.0.0.1',
};
