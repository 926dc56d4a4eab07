import type { Environment } from '../config/settings.ts';

/** What every command gets: the environment, and a place for its exit code. */
export type CliContext = { environment: Environment; exitCode: number };

export const EXIT = { done: 0, failed: 1, usage: 2 } as const;
