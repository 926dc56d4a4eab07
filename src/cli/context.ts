import type { Environment } from '../config/settings.ts';

/** What every command gets: the environment, and a place for its exit code. */
export type CliContext = { environment: Environment; exitCode: number };

/** A command of commander: `error` tells the person about wrong usage, and ends the command with exit code 2. */
export type Usage = { error(message: string): never };

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
