import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../support/cleanup.ts';
import type { Contender, Running } from './contenders/index.ts';
import type { LoadGenerator } from './load/process.ts';
import { probe, probeForged } from './probe.ts';
import { AS_ANSWERED, AT_A_RATE, type ContenderResults, type Load } from './results.ts';
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
  const { start, startWorking } = contender;
  await measureLoads({ contender, round, results, start, loads: AS_ANSWERED }, bench);
  if (startWorking) {
    await measureLoads({ contender, round, results, start: startWorking, loads: AT_A_RATE }, bench);
  }
}

/** One contender under some loads in one round. */
type Part = {
  contender: Contender;
  round: number;
  results: ContenderResults;
  start: Contender['start'];
  loads: readonly Load[];
};

async function measureLoads(part: Part, bench: Bench): Promise<void> {
  const { contender, round, results, start } = part;
  const cleanup = bench.cleanup.part();
  const folder = mkdtempSync(join(bench.folder, `${contender.name}-`));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  const fault = (text: string) => results.faults.push({ round, fault: text });
  try {
    const running = await start({ servers: bench.servers, folder, cleanup });
    await probe(running.url);
    if (contender.name !== 'koa-bare') await probeForged(running.url);
    const acknowledged = 1 + (await measureAll(running, part, bench));
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
  { contender, round, results, loads }: Part,
  { load, seconds }: Bench,
): Promise<number> {
  const warmUp = await load.measure({ url, ...WARM_UP });
  let { acknowledged } = warmUp;
  for (const { title, connections, rate } of loads) {
    const measured = await load.measure({ url, connections, seconds, ...(rate && { rate }) });
    acknowledged += measured.acknowledged;
    results.measurements.push({ round, load: title, ...measured });
    const { refused, errors } = measured;
    if ((contender.refusesOverload ? 0 : refused) + errors > 0) {
      const fault = `${title}: ${refused} answers not 2xx, ${errors} without an answer`;
      results.faults.push({ round, fault });
    }
  }
  return acknowledged;
}
