import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { OperatorError } from '../../operator-error.ts';
import { REQUIRED_SEARCH_ATTRIBUTES } from '../search-attributes.ts';
import { tryPort } from './free-port.ts';

const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;
const KILL_TIMEOUT_MS = 2_000;
const POLL_MS = 50;

export type LocalServerOptions = {
  /** Finds the Temporal CLI; called only if a server must be started. */
  findCli: () => Promise<string>;
  /** Holds the database, the log and the pid file. */
  dir: string;
  port: number;
  uiPort: number;
  namespace: string;
  say: (line: string) => void;
  /** More flags of `temporal server start-dev`. */
  flags?: readonly string[];
};

/** A Temporal server on this machine that keeps its data in a file. */
export type LocalServer = { address: string; uiUrl: string; stop(): Promise<void> };

type Running = { pid: number; port: number; uiPort: number };

/** What the pid file tells of a running server; `owner` is the process that will end it. */
type PidFile = Running & { owner: number; ownerCommand: string };

/** The local Temporal server did not start; the message says why, and where its log is. */
export class LocalServerError extends OperatorError {
  override name = 'LocalServerError';
}

/**
 * Starts a Temporal server with its UI, or takes over the one that a killed process left behind. It runs in a
 * process group of its own: Ctrl-C must not reach it before the worker has drained.
 */
export async function startLocalServer(options: LocalServerOptions): Promise<LocalServer> {
  mkdirSync(options.dir, { recursive: true });
  const files = serverFiles(options.dir);
  const running = (await takeOver(files, options.say)) ?? (await launch(options, files));
  return {
    address: `${HOST}:${running.port}`,
    uiUrl: `http://${HOST}:${running.uiPort}`,
    async stop() {
      await end(running.pid);
      rmSync(files.pid, { force: true });
    },
  };
}

type ServerFiles = { pid: string; database: string; log: string };

function serverFiles(dir: string): ServerFiles {
  return { pid: join(dir, 'server.json'), database: join(dir, 'temporal.db'), log: join(dir, 'server.log') };
}

async function takeOver(files: ServerFiles, say: (line: string) => void): Promise<Running | undefined> {
  const orphan = readPidFile(files.pid);
  if (!orphan || !isOurs(orphan.pid, files.database)) return undefined;
  if (isStillOwned(orphan)) {
    throw new LocalServerError(
      `Another process of Unfriend (pid ${orphan.owner}) runs the local Temporal server of this data folder. Stop it, or set DATA_DIR to another folder.`,
    );
  }
  if (await answers(orphan.port)) {
    say(`Going on with the local Temporal server of an earlier run (pid ${orphan.pid}).`);
    writePidFile(files.pid, orphan);
    return orphan;
  }
  say(`Ending the local Temporal server of an earlier run: it does not answer (pid ${orphan.pid}).`);
  await end(orphan.pid);
  return undefined;
}

async function launch(options: LocalServerOptions, files: ServerFiles): Promise<Running> {
  const cli = await options.findCli();
  const port = await choosePort(options.port, 'LOCAL_TEMPORAL_PORT', options.say);
  const uiPort = await choosePort(options.uiPort, 'LOCAL_TEMPORAL_UI_PORT', options.say);
  const log = openSync(files.log, 'w');
  const child = spawn(cli, serverArguments({ ...options, port, uiPort }, files), {
    detached: true,
    stdio: ['ignore', log, log],
  });
  child.unref();
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(new LocalServerError(`${cli} can't be run: ${error.message}`)));
    child.once('exit', (code) => reject(new LocalServerError(describeExit(code, files.log))));
  });
  failed.catch(() => undefined); // A later exit is not a failure to start.
  const running = { pid: child.pid ?? 0, port, uiPort };
  // Written before the wait: if this process is killed during it, the next process must find the orphan.
  if (child.pid !== undefined) writePidFile(files.pid, running);
  await Promise.race([waitUntilAnswering(port, files.log), failed]);
  return running;
}

function serverArguments(options: LocalServerOptions, files: ServerFiles): string[] {
  const { port, uiPort, namespace, flags = [] } = options;
  return [
    'server',
    'start-dev',
    ...['--ip', HOST, '--port', String(port), '--ui-port', String(uiPort)],
    ...['--db-filename', files.database, '--namespace', namespace, '--log-level', 'warn'],
    ...REQUIRED_SEARCH_ATTRIBUTES.flatMap(({ name, cli }) => ['--search-attribute', `${name}=${cli}`]),
    ...flags,
  ];
}

async function waitUntilAnswering(port: number, log: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (Date.now() > deadline)
      throw new LocalServerError(`The local Temporal server does not answer. Its log: ${log}`);
    await delay(POLL_MS);
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const connection = await Connection.connect({ address: `${HOST}:${port}`, connectTimeout: 1_000 });
    await connection.close();
    return true;
  } catch {
    return false;
  }
}

function describeExit(code: number | null, log: string): string {
  const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ');
  return `The local Temporal server ended with code ${code}:\n  ${tail}\nIts log: ${log}`;
}

/** Ends the whole process group, by force if it takes too long. */
async function end(pid: number): Promise<void> {
  signal(pid, 'SIGTERM');
  if (await hasEnded(pid, STOP_TIMEOUT_MS)) return;
  signal(pid, 'SIGKILL');
  await hasEnded(pid, KILL_TIMEOUT_MS);
}

async function hasEnded(pid: number, timeout: number): Promise<boolean> {
  const deadline = Date.now() + timeout;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Whether a process is our server. Pids are used again, so its command line must name our database. */
function isOurs(pid: number, database: string): boolean {
  if (!isAlive(pid)) return false;
  return commandLine(pid).includes(database);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return psCommandLine(pid);
  }
}

/** For systems without `/proc`. */
function psCommandLine(pid: number): string {
  try {
    return execFileSync('ps', ['-ww', '-p', String(pid), '-o', 'args='], { encoding: 'utf8' });
  } catch {
    return '';
  }
}

function isStillOwned({ owner, ownerCommand }: PidFile): boolean {
  return owner !== process.pid && isAlive(owner) && commandLine(owner) === ownerCommand;
}

function writePidFile(path: string, running: Running): void {
  const owner = process.pid;
  const content: PidFile = { ...running, owner, ownerCommand: commandLine(owner) };
  writeFileSync(path, JSON.stringify(content));
}

function readPidFile(path: string): PidFile | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as PidFile;
  } catch {
    return undefined;
  }
}

/** The wanted port, or another free one if that is taken. */
async function choosePort(wanted: number, setting: string, say: (line: string) => void): Promise<number> {
  const free = (await tryPort(wanted)) ?? (await tryPort(0)) ?? 0;
  if (wanted !== 0 && free !== wanted)
    say(`Port ${wanted} is taken: using ${free} instead (set ${setting} to choose).`);
  return free;
}
