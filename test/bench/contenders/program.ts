import { fileURLToPath } from 'node:url';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { Cleanup } from '../../support/cleanup.ts';
import { HOST, startChild } from '../child.ts';

/** What runs a TypeScript file in a process of its own. */
export const TSX = fileURLToPath(import.meta.resolve('tsx'));

/** Starts one of the programs of `../programs` as in production; returns its address. */
export async function startProgram(
  program: string,
  cleanup: Cleanup,
  env: Record<string, string> = {},
): Promise<string> {
  const port = await freePort();
  const file = fileURLToPath(new URL(`../programs/${program}.ts`, import.meta.url));
  await startChild(
    {
      command: process.execPath,
      args: ['--import', TSX, file],
      env: { NODE_ENV: 'production', PORT: String(port), ...env },
      port,
    },
    cleanup,
  );
  return `http://${HOST}:${port}/`;
}

/** Asks a program how many callbacks it kept. */
export async function askKept(url: string): Promise<number> {
  const response = await fetch(new URL('/kept', url));
  return ((await response.json()) as { kept: number }).kept;
}
