import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cleanup } from '../../../support/cleanup.ts';
import type { BenchServers } from '../../servers/index.ts';
import type { Contender, Place, Running, TemporalPlace } from '../contenders/contender.ts';
import type { ContenderResults, Engine } from '../results.ts';
import type { Effects } from '../stage/effects.ts';
import { measureBurst, type Subject, warmUp } from './burst.ts';
import { measureHistories } from './history.ts';
import { ProcessorTimes } from './processor-times.ts';
import { measureSteadily } from './steady.ts';

/** Of so many workflows the history is looked at. */
const HISTORIES = 3;
/** Callbacks at a fixed rate come for so many times as long as a burst takes: the rate is low. */
const STEADY = 2;

export type Bench = {
  servers: BenchServers;
  effects: Effects;
  folder: string;
  cleanup: Cleanup;
  /** How long a burst is meant to take. */
  seconds: number;
  pairs: readonly number[];
};

export type Turn = { contender: Contender; results: ContenderResults; round: number; engine: Engine };

/** One round of one contender: starts it, measures it with each number of pairs, and ends it. */
export async function measureRound(turn: Turn, bench: Bench, temporal?: TemporalPlace): Promise<void> {
  const { contender, results, round, engine } = turn;
  const cleanup = bench.cleanup.part();
  const folder = mkdtempSync(join(bench.folder, `${contender.name}-`));
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true }));
  let pairs = 0;
  try {
    const running = await start(contender, { ...bench, folder, cleanup }, temporal);
    const subject: Subject = {
      running,
      effects: bench.effects,
      processorTimes: new ProcessorTimes(running, bench.effects),
      isBare: contender.bare === true,
    };
    await warmUp(subject);
    for (pairs of contender.bare ? [1] : bench.pairs) {
      const { faults, ...measured } = await measurePairs(
        subject,
        { pairs, seconds: bench.seconds },
        temporal,
      );
      results.measurements.push({ round, engine, pairs, ...measured });
      results.faults.push(...faults.map((fault) => ({ round, engine, pairs, fault })));
      const perSecond = measured.burst.finishedPerSecond.toFixed(1);
      console.error(`  ${contender.label}, ${pairs} pairs: ${perSecond} callbacks/s`);
    }
  } catch (error) {
    const fault = error instanceof Error ? error.message : String(error);
    console.error(`  ${contender.label}, ${pairs} pairs: FAULTY: ${fault}`);
    results.faults.push({ round, engine, pairs, fault });
  } finally {
    await cleanup.run();
  }
}

function start(contender: Contender, place: Place, temporal?: TemporalPlace): Promise<Running> {
  if (contender.on === 'queues') return contender.start(place);
  if (!temporal) throw new Error('there is no Temporal server');
  return contender.start({ ...place, temporal });
}

async function measurePairs(
  subject: Subject,
  size: { pairs: number; seconds: number },
  temporal?: TemporalPlace,
) {
  const { burst, callbacks, faults } = await measureBurst(subject, size);
  const steadily = await measureSteadily(subject, { ...size, seconds: STEADY * size.seconds });
  const ids = callbacks.slice(-HISTORIES).map(({ id }) => id);
  const { workflowIdOf } = subject.running;
  const history =
    temporal && workflowIdOf && (await measureHistories(temporal.client, ids.map(workflowIdOf)));
  return {
    burst,
    ...(steadily && { steady: steadily.steady }),
    ...(history && { history }),
    faults: [...faults, ...(steadily?.faults ?? [])],
  };
}
