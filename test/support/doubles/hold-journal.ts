import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childModule } from '../child-module.ts';

const CHILD = childModule('./hold-journal-child', import.meta.url);

/**
 * A process that holds the journal's write lock: commits take until it lets go, as on a slow disk, and are made then.
 */
export async function holdJournal(dir: string): Promise<{ letGo(): Promise<void> }> {
  const child = spawn(process.execPath, [...CHILD.execArgv, CHILD.file, dir], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const [said] = await Promise.race([once(child.stdout, 'data'), ended]);
  if (!String(said).startsWith('held')) throw new Error(`the journal could not be held: ${said}`);
  return {
    async letGo() {
      child.stdin.end();
      await ended;
    },
  };
}
