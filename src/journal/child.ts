import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RootDatabase } from 'lmdb';
import { AWAITING_KEY_PART, FORMAT_KEY, FORMATS, openMeta, PARTS, WAITED } from './database.ts';

export type ChildOptions<Message> = {
  onMessage: (message: Message) => void;
  /** The first message to the child. Keys go this way: everybody on the machine can read a process's arguments. */
  instruction?: object;
  signal?: AbortSignal | undefined;
};

/**
 * Runs a module of this folder in a process of its own: reading a damaged LMDB file can end the process (SIGBUS in
 * a file that was cut short, an abort on zeroed pages). Resolves when the process is gone, however it ended.
 *
 * @throws the reason of `signal`, once it is aborted and the process is gone
 */
export function runChild<Message>(
  module: 'recovery/inspect-child' | 'operate/operate-child',
  args: string[],
  { onMessage, instruction, signal }: ChildOptions<Message>,
): Promise<void> {
  // The child has this module's own extension: `.ts` in the sources, `.js` once compiled.
  const path = fileURLToPath(new URL(`./${module}${import.meta.url.slice(-3)}`, import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(path, args, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      // Bytes stay bytes.
      serialization: 'advanced',
    });
    child.on('message', onMessage);
    // An error means that the child is gone. Then `close` follows.
    if (instruction) child.send(instruction, () => undefined);
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

/** Called in the child. Resolves with the parent's first message. */
export function instructionOfParent<Instruction>(): Promise<Instruction> {
  return new Promise((resolve) => process.once('message', resolve as (message: unknown) => void));
}

/**
 * Called in the child. Resolves once the message is on its way: else it could be lost when the next read ends the
 * process.
 */
export function tellParent(message: object): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

/**
 * Whether a database has what every journal has: its parts, and the format key. A database that lost its root looks
 * empty, and so does a part whose name is damaged.
 */
export function hasRoot(environment: RootDatabase): boolean {
  const names = [...environment.getKeys({})].map(String);
  if (!Object.values(PARTS).every((name) => names.includes(name))) return false;
  const meta = openMeta(environment);
  if (meta.get(WAITED) !== undefined && !names.includes(AWAITING_KEY_PART)) return false;
  const format = meta.get(FORMAT_KEY);
  return format === FORMATS.plain || format === FORMATS.encrypted;
}
