/** Run as a thread of its own by `StartThread`: starts deliveries with a Temporal client of its own. */
import { constants, getPriority, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { errorType } from '../../telemetry/tracing.ts';
import { createStartClient, withAdvice } from '../connect.ts';
import { FreshStarts } from './fresh-starts.ts';
import { DeliveryStarter } from './start-delivery.ts';
import { classifyStartError } from './start-error.ts';
import type { StartAnswer, StartFailure, StartRequest, StartThreadData } from './start-thread.ts';
import { TraceStarts } from './trace-starts.ts';

lowerPriority();
const { temporal, options } = workerData as StartThreadData;
const freshStarts = new FreshStarts();
const traceStarts = new TraceStarts();
const client = createStartClient(temporal, [freshStarts.interceptor], [traceStarts.interceptor]);
const starter = new DeliveryStarter(client, freshStarts, { ...options, traceStarts });

parentPort?.on('message', async (request: StartRequest) => parentPort?.postMessage(await answer(request)));

async function answer({ id, method, delivery }: StartRequest): Promise<StartAnswer> {
  const startedAt = performance.now();
  const ms = () => performance.now() - startedAt;
  try {
    const outcome = await starter[method](delivery);
    return { id, ms: ms(), outcome };
  } catch (error) {
    return { id, ms: ms(), failure: describe(error) };
  }
}

function describe(error: unknown): StartFailure {
  return { startClass: classifyStartError(error), reason: withAdvice(error), type: errorType(error) };
}

/** If there is not enough processor time for both, answers to callbacks come before starts. */
function lowerPriority(): void {
  const { PRIORITY_BELOW_NORMAL: low } = constants.priority;
  // On Linux this is the priority of the calling thread. Elsewhere it would be that of the whole process.
  if (process.platform !== 'linux' || getPriority() >= low) return;
  try {
    setPriority(low);
  } catch {
    // A sandbox may forbid it. Then starts compete with answers, and nothing else changes.
  }
}
