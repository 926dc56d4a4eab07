import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RootDatabase } from 'lmdb';
import { FORMAT_KEY, PARTS } from './database.ts';

/**
 * Runs a module of this folder in a process of its own: reading a damaged LMDB file can end the process (SIGBUS in
 * a file that was cut short, an abort on zeroed pages). Resolves when the process is gone, however it ended.
 *
 * @throws the reason of `signal`, once it is aborted and the process is gone
 */
export function runChild<Message>(
  module: 'recovery/inspect-child' | 'operate/operate-child',
  args: string[],
  { onMessage, signal }: { onMessage: (message: Message) => void; signal?: AbortSignal | undefined },
): Promise<void> {
  // Compiled or not, as this module is.
  const path = fileURLToPath(new URL(`./${module}${import.meta.url.slice(-3)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(path, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    child.on('message', onMessage);
    const end = () => child.kill('SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted) end();
    child.on('error', reject);
    child.on('close', () => {
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    });
  });
}

/** Of the child: resolves when the message is on its way, so that none is lost when the next read ends the process. */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/**
 * A database that lost its root looks like an empty one, and so does a part whose name is damaged: what is always
 * there must be there.
 */
export function hasRoot(environment: RootDatabase): boolean {
  const names = [...environment.getKeys({})].map(String);
  if (!Object.values(PARTS).every((name) => names.includes(name))) return false;
  return environment.openDB<number, string>({ name: PARTS.meta, encoding: 'json' }).get(FORMAT_KEY) === 1;
}
