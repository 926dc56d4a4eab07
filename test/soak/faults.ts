import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SoakStage } from './stage.ts';

/** What a fault is done to. */
export type Victims = Pick<
  SoakStage,
  'temporal' | 'receiver' | 'worker' | 'redis' | 'openSearch' | 'endpoint' | 'disk'
> & {
  /** Seeded. */
  random: () => number;
};

export type Fault = {
  name: string;
  /** How many processes it ends by force. */
  kills?: number;
  /** It ends a process that can have done a side effect, or taken one, without having noted it. The effect comes again then. */
  causesRepeats?: boolean;
  needsDisk?: boolean;
  run(victims: Victims): Promise<void>;
};

/** How long a backend stays away, in ms; its own start comes on top. */
const LONGEST_AWAY_MS = 3_000;

/** Each leaves everything as it was: up, with room on the disk. */
export const FAULTS: Fault[] = [
  {
    name: 'kill -9 of the receiver',
    kills: 1,
    async run({ receiver }) {
      await receiver.kill();
      await receiver.restart();
    },
  },
  {
    name: 'kill -9 of the receiver, twice in a row',
    kills: 2,
    async run({ receiver, random }) {
      await receiver.kill();
      const restarting = receiver.restart().catch(() => undefined);
      await delay(random() * 1_500);
      await receiver.kill();
      await restarting;
      await receiver.restart();
    },
  },
  {
    name: 'SIGTERM of the receiver',
    async run({ receiver }) {
      await endGently(receiver);
      await receiver.restart();
    },
  },
  {
    name: 'kill -9 of the worker',
    kills: 1,
    causesRepeats: true,
    async run({ worker }) {
      await worker.kill();
      await worker.restart();
    },
  },
  {
    name: 'SIGTERM of the worker',
    async run({ worker }) {
      await endGently(worker);
      await worker.restart();
    },
  },
  {
    name: 'kill -9 of Redis',
    kills: 1,
    async run({ redis, random }) {
      await redis.kill();
      await delay(random() * LONGEST_AWAY_MS);
      await redis.start();
    },
  },
  {
    name: 'kill -9 of OpenSearch',
    kills: 1,
    async run({ openSearch, random }) {
      await openSearch.kill();
      await delay(random() * LONGEST_AWAY_MS);
      await openSearch.restart();
    },
  },
  {
    name: 'kill -9 of the endpoint',
    kills: 1,
    causesRepeats: true,
    async run({ endpoint, random }) {
      await endpoint.kill();
      await delay(random() * LONGEST_AWAY_MS);
      await endpoint.restart();
    },
  },
  {
    name: 'kill -9 of everything',
    kills: 6,
    causesRepeats: true,
    async run({ temporal, receiver, worker, redis, openSearch, endpoint }) {
      const all = [temporal, receiver, worker, redis, openSearch, endpoint];
      await Promise.all(all.map((each) => each.kill()));
      await Promise.all([redis.start(), openSearch.restart(), endpoint.restart()]);
      await Promise.all([temporal.restart(), receiver.restart(), worker.restart()]);
    },
  },
  {
    name: 'kill -9 of Temporal',
    kills: 1,
    causesRepeats: true,
    async run({ temporal, random }) {
      await temporal.kill();
      await delay(1_000 + random() * 4_000);
      await temporal.restart();
    },
  },
  {
    name: 'kill -9 of Temporal and the receiver',
    kills: 3,
    causesRepeats: true,
    async run({ temporal, receiver, random }) {
      await Promise.all([temporal.kill(), receiver.kill()]);
      await receiver.restart();
      await delay(random() * 2_000);
      await receiver.kill();
      await Promise.all([temporal.restart(), receiver.restart()]);
    },
  },
  {
    name: 'a full disk',
    needsDisk: true,
    async run({ disk = '', random }) {
      await fill(disk, random);
    },
  },
  {
    name: 'kill -9 of the receiver on a full disk',
    kills: 1,
    needsDisk: true,
    async run({ disk = '', random, receiver }) {
      await fill(disk, random, async () => {
        await receiver.kill();
        await receiver.restart();
      });
      // A receiver that found the disk full at its start, or was refused a write, journals after a restart.
      await receiver.terminate();
      await receiver.restart();
    },
  },
];

/** @throws unless SIGTERM ends it with 0 */
async function endGently(process: Victims['receiver'] | Victims['worker']): Promise<void> {
  const code = await process.terminate();
  if (code !== 0) throw new Error(`SIGTERM ended with ${code}:\n${process.process.stderr.slice(-2_000)}`);
}

/** Somebody else's file takes all the room for a while. */
async function fill(disk: string, random: () => number, meanwhile = async () => {}): Promise<void> {
  const ballast = join(disk, 'ballast');
  try {
    for (;;) writeFileSync(ballast, Buffer.alloc(65_536), { flag: 'a' });
  } catch {
    // Full.
  }
  await delay(500 + random() * 1_500);
  await meanwhile();
  rmSync(ballast);
}
