import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from './cleanup.ts';
import type { Contender, Running } from './contenders/index.ts';
import type { LoadGenerator } from './load/process.ts';
import { probe, probeForged } from './probe.ts';
import { CONNECTIONS, type ContenderResults } from './results.ts';
import type { BenchServers } from './servers/index.ts';

/** How long a contender gets callbacks before it is measured, so that its code is compiled. In seconds. */
const WARM_UP = { connections: 32, seconds: 2 };

export type Bench = {
  servers: BenchServers;
  load: LoadGenerator;
  /** Where contenders keep their data. */
  folder: string;
  seconds: number;
  cleanup: Cleanup;
};

/** One round of one contender: starts it, measures it, notes what it did wrong, and ends it. */
export async function measureRound(
  { contender, round, results }: { contender: Contender; round: number; results: ContenderResults },
  bench: Bench,
): Promise<void> {
  const cleanup = bench.cleanup.part();
  const folder = mkdtempSync(join(bench.folder, `${contender.name}-`));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const fault = (text: string) => results.faults.push({ round, fault: text });
  try {
    const running = await contender.start({ servers: bench.servers, folder, cleanup });
    await probe(running.url);
    if (contender.name !== 'koa-bare') await probeForged(running.url);
    const acknowledged = 1 + (await measureAll(running, { contender, round, results }, bench));
    const kept = await running.kept?.();
    if (kept !== undefined && kept < acknowledged) fault(`acknowledged ${acknowledged}, kept ${kept}`);
    if (running.temporalState) {
      const state = `${await running.temporalState()} of ${acknowledged.toLocaleString('en')} acknowledged`;
      results.temporal.push({ round, state });
    }
  } catch (error) {
    fault(error instanceof Error ? error.message : String(error));
  } finally {
    await cleanup.run();
  }
}

/** @returns how many callbacks were acknowledged, the warm-up's included */
async function measureAll(
  { url }: Running,
  { contender, round, results }: { contender: Contender; round: number; results: ContenderResults },
  { load, seconds }: Bench,
): Promise<number> {
  const warmUp = await load.measure({ url, ...WARM_UP });
  let { acknowledged } = warmUp;
  for (const connections of CONNECTIONS) {
    const measured = await load.measure({ url, connections, seconds });
    acknowledged += measured.acknowledged;
    results.measurements.push({ round, connections, ...measured });
    const { refused, errors } = measured;
    if ((contender.refusesOverload ? 0 : refused) + errors > 0) {
      const fault = `${connections} connections: ${refused} answers not 2xx, ${errors} without an answer`;
      results.faults.push({ round, fault });
    }
  }
  return acknowledged;
}
