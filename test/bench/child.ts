import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cleanup } from '../support/cleanup.ts';
import { until } from '../support/until.ts';

export const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
/** How much of what a process wrote is kept to explain its failure, in characters. */
const TAIL = 2_000;

export type ChildOptions = {
  command: string;
  args: string[];
  env?: Record<string, string | undefined>;
  /** Where it listens once it is up. */
  port: number;
  /** The first signal that asks it to end; `SIGKILL` follows where it doesn't. */
  stopSignal?: NodeJS.Signals;
  /** Whom to run it as, where that isn't the user of this process. */
  user?: { uid: number; gid: number };
};

/** Starts a server as a process of its own, and returns once its port takes connections. */
export async function startChild(options: ChildOptions, cleanup: Cleanup): Promise<void> {
  const { command, args, port, user, stopSignal = 'SIGTERM' } = options;
  const env = { PATH: process.env.PATH, ...options.env };
  cleanup.defer(() => end(child, stopSignal));
  const child = spawn(command, args, { env, ...user, stdio: ['ignore', 'pipe', 'pipe'] });

  let tail = '';
  const remember = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-TAIL);
  };
  child.stdout.on('data', remember);
  child.stderr.on('data', remember);
  child.on('error', (error) => remember(Buffer.from(error.message)));

  await until(
    `port ${port} of ${command}`,
    () => {
      if (hasEnded(child)) throw new Error(`it ended before it was up: ${tail.trim()}`);
      return takesConnections(port);
    },
    START_TIMEOUT_MS,
  );
}

function hasEnded(child: ChildProcess): boolean {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, stopSignal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, 'exit');
  child.kill(stopSignal);
  await Promise.race([exit, delay(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  if (hasEnded(child)) return;
  child.kill('SIGKILL');
  await exit;
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
