import { freePort } from '../../../src/temporal/local/free-port.ts';
import { HOST } from '../child.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis } from '../servers/redis.ts';
import { startTemporal } from '../servers/temporal.ts';
import type { Contender, Place } from './contender.ts';
import { askKept, startProgram } from './program.ts';
import { startReceiver, startWorker } from './unfriend.ts';

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
    start: startKoaZod,
    startWorking: startKoaZod,
  },
  {
    name: 'journal',
    letter: 'c',
    label: 'Unfriend, journal',
    meaning: 'synced to the journal; Temporal takes deliveries meanwhile',
    needs: ['temporal'],
    start: startJournal,
    async startWorking(place) {
      const receiver = await startJournal(place);
      await startWorker({ ...place, temporalAddress: receiver.temporalAddress });
      return receiver;
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
      const receiver = await startReceiver('journal', { temporalAddress, folder, cleanup });
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
      const receiver = await startReceiver('direct', { temporalAddress: temporal.address, folder, cleanup });
      return { ...receiver, temporalState: temporal.state };
    },
  },
  {
    name: 'koa-bullmq',
    letter: 'e',
    label: 'Koa + BullMQ',
    meaning: 'synced by Redis: appendfsync always',
    needs: ['redis'],
    async start(place) {
      const { url } = await startBullMq(place);
      return { url, kept: () => askKept(url) };
    },
    async startWorking(place) {
      const { url, env } = await startBullMq(place);
      await startProgram('bullmq-worker', place.cleanup, env);
      return { url };
    },
  },
  {
    name: 'koa-postgres',
    letter: 'f',
    label: 'Koa + PostgreSQL row',
    meaning: 'committed by PostgreSQL: fsync and synchronous_commit on',
    needs: ['postgres'],
    async start(place) {
      const { url } = await startOutbox(place);
      return { url, kept: () => askKept(url) };
    },
    async startWorking(place) {
      const { url, env } = await startOutbox(place);
      await startProgram('postgres-worker', place.cleanup, env);
      return { url };
    },
  },
];

async function startKoaZod({ cleanup }: Place) {
  return { url: await startProgram('koa-zod', cleanup) };
}

async function startJournal({ servers, folder, cleanup }: Place) {
  const temporal = await startTemporal(servers.temporal, { folder, cleanup });
  const receiver = await startReceiver('journal', { temporalAddress: temporal.address, folder, cleanup });
  return { ...receiver, temporalAddress: temporal.address, temporalState: temporal.state };
}

async function startBullMq({ servers, folder, cleanup }: Place) {
  const env = { REDIS_PORT: String(await startRedis(servers.redis, { folder, cleanup })) };
  return { url: await startProgram('koa-bullmq', cleanup, env), env };
}

async function startOutbox({ servers, folder, cleanup }: Place) {
  const env = { DATABASE_URL: await startPostgres(servers.postgres, { folder, cleanup }) };
  return { url: await startProgram('koa-postgres', cleanup, env), env };
}
