import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { KillableReceiver, KillableTemporal } from '../support/doubles/killable.ts';

/** What a fault is done to. `random` is seeded; `disk` is a small one of its own, where one can be mounted. */
export type Victims = {
  temporal: KillableTemporal;
  receiver: KillableReceiver;
  disk: string | undefined;
  random: () => number;
};

export type Fault = {
  name: string;
  /** How many processes it ends by force. */
  kills?: number;
  needsDisk?: boolean;
  run(victims: Victims): Promise<void>;
};

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
      const code = await receiver.terminate();
      if (code !== 0)
        throw new Error(`SIGTERM ended with ${code}:\n${receiver.process.stderr.slice(-2_000)}`);
      await receiver.restart();
    },
  },
  {
    name: 'kill -9 of Temporal',
    kills: 1,
    async run({ temporal, random }) {
      await temporal.kill();
      await delay(1_000 + random() * 4_000);
      await temporal.restart();
    },
  },
  {
    name: 'kill -9 of both',
    kills: 3,
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

/** Undefined where it is not permitted: it needs root. */
export function mountSmallDisk(path: string): string | undefined {
  mkdirSync(path, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256m', 'tmpfs', path], { stdio: 'pipe' });
    return path;
  } catch {
    return undefined;
  }
}
