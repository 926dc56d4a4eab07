import type { Client } from '@temporalio/client';
import type { Cleanup } from '../../../support/cleanup.ts';
import type { BenchServers } from '../../servers/index.ts';
import type { Engine, Role } from '../results.ts';
import type { Effects } from '../stage/effects.ts';

/** A Temporal server that contenders use. */
export type TemporalPlace = {
  address: string;
  client: Client;
  /** Of the server's processes, by role. The development server keeps its data in its own process. */
  ports: { server: number; database?: number };
  /** Where PostgreSQL is behind it. */
  databaseUrl?: string;
};

/** What a contender is given when it starts. */
export type Place = {
  servers: BenchServers;
  effects: Effects;
  /** A new folder on the disk that all contenders write to. */
  folder: string;
  /** Takes what the contender started. */
  cleanup: Cleanup;
};

/** A contender that takes callbacks. */
export type Running = {
  /** Where callbacks are posted to. */
  url: string;
  /** A port on which each of its processes listens. */
  ports: Partial<Record<Exclude<Role, 'backends'>, number>>;
  databaseUrl?: string;
  /** How many callbacks are done since it started. */
  countFinished(): Promise<number>;
  /** When callbacks that came in after `since` were done, by RequestId: ms since 1970, as its own store has it. */
  finishedAt(since: number): Promise<Map<string, number>>;
  /** Of one callback; absent without Temporal. */
  workflowIdOf?: (requestId: string) => string;
};

type Described = {
  /** For `--only`, and as the key in the results. */
  name: string;
  label: string;
  /** What is true of it besides its speed. */
  meaning: string;
  /** Set where it has no side effects: the pairs of a callback mean nothing to it. */
  bare?: true;
};

/** One way to process callbacks. */
export type Contender = Described &
  (
    | { on: 'temporal'; start(place: Place & { temporal: TemporalPlace }): Promise<Running> }
    | { on: 'queues'; needs: keyof BenchServers; start(place: Place): Promise<Running> }
  );

export function runsOn(contender: Contender, engine: Engine): boolean {
  return (contender.on === 'temporal') === (engine !== 'queues');
}
