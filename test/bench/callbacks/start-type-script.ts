import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { startChild } from '../child.ts';
import { TSX } from '../contenders/program.ts';

/**
 * Starts a TypeScript file as a process of its own, as in production.
 *
 * @returns the port that it listens on once it is ready, which it reads as `PORT`
 */
export async function startTypeScript(
  file: string,
  { env = {} }: { env?: Record<string, string> },
  cleanup: Cleanup,
): Promise<number> {
  const port = await freePort();
  const args = ['--import', TSX, file];
  await startChild(
    { command: process.execPath, args, env: { NODE_ENV: 'production', PORT: `${port}`, ...env }, port },
    cleanup,
  );
  return port;
}
