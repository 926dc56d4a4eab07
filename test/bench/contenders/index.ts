import { freePort } from '../../../src/temporal/local/free-port.ts';
import { HOST } from '../child.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis } from '../servers/redis.ts';
import { startTemporal } from '../servers/temporal.ts';
import type { Contender } from './contender.ts';
import { askKept, startProgram } from './program.ts';
import { startUnfriend } from './unfriend.ts';

export type { Contender, Running } from './contender.ts';

/** The ways to receive callbacks, in the order in which they are reported. */
export const CONTENDERS: readonly Contender[] = [
  {
    name: 'koa-bare',
    letter: 'a',
    label: 'Koa, a constant',
    meaning: 'nothing',
    needs: [],
    start: async ({ cleanup }) => ({ url: await startProgram('koa-bare', cleanup) }),
  },
  {
    name: 'koa-zod',
    letter: 'b',
    label: 'Koa + zod',
    meaning: 'signed and valid; kept nowhere',
    needs: [],
    start: async ({ cleanup }) => ({ url: await startProgram('koa-zod', cleanup) }),
  },
  {
    name: 'journal',
    letter: 'c',
    label: 'Unfriend, journal',
    meaning: 'synced to the journal; Temporal takes deliveries meanwhile',
    needs: ['temporal'],
    async start({ servers, folder, cleanup }) {
      const temporal = await startTemporal(servers.temporal, { folder, cleanup });
      const receiver = await startUnfriend('journal', { temporalAddress: temporal.address, folder, cleanup });
      return { ...receiver, temporalState: temporal.state };
    },
  },
  {
    // What of the journal's cost is the hand-over to Temporal, which shares the machine here.
    name: 'journal-alone',
    letter: 'c′',
    label: 'Unfriend, journal alone',
    meaning: 'synced to the journal; Temporal gets the deliveries later',
    needs: [],
    async start({ folder, cleanup }) {
      const temporalAddress = `${HOST}:${await freePort()}`;
      const receiver = await startUnfriend('journal', { temporalAddress, folder, cleanup });
      return { ...receiver, temporalState: async () => 'away, 0 workflows started' };
    },
  },
  {
    name: 'direct',
    letter: 'd',
    label: 'Unfriend, direct',
    meaning: 'Temporal has the workflow',
    refusesOverload: true,
    needs: ['temporal'],
    async start({ servers, folder, cleanup }) {
      const temporal = await startTemporal(servers.temporal, { folder, cleanup });
      const receiver = await startUnfriend('direct', { temporalAddress: temporal.address, folder, cleanup });
      return { ...receiver, temporalState: temporal.state };
    },
  },
  {
    name: 'koa-bullmq',
    letter: 'e',
    label: 'Koa + BullMQ',
    meaning: 'synced by Redis: appendfsync always',
    needs: ['redis'],
    async start({ servers, folder, cleanup }) {
      const port = await startRedis(servers.redis, { folder, cleanup });
      const url = await startProgram('koa-bullmq', cleanup, { REDIS_PORT: String(port) });
      return { url, kept: () => askKept(url) };
    },
  },
  {
    name: 'koa-postgres',
    letter: 'f',
    label: 'Koa + PostgreSQL row',
    meaning: 'committed by PostgreSQL: fsync and synchronous_commit on',
    needs: ['postgres'],
    async start({ servers, folder, cleanup }) {
      const databaseUrl = await startPostgres(servers.postgres, { folder, cleanup });
      const url = await startProgram('koa-postgres', cleanup, { DATABASE_URL: databaseUrl });
      return { url, kept: () => askKept(url) };
    },
  },
];
