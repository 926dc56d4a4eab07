import { TestWorkflowEnvironment } from '@temporalio/testing';
import { addSearchAttributes, REQUIRED_SEARCH_ATTRIBUTES } from '../../../src/temporal/search-attributes.ts';
import { type Activities, createWorker } from '../../../src/temporal/worker/worker.ts';
import { installTestRuntime } from './temporal.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The server whose clock jumps over the time in which nothing happens. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  installTestRuntime();
  const path = process.env.TEST_TIME_SKIPPING_SERVER;
  if (!path) throw new Error('run the tests with npm test, which finds the time-skipping server');
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await addSearchAttributes(
    environment.client,
    REQUIRED_SEARCH_ATTRIBUTES.map(({ name }) => name),
  );
  return environment;
}

export function createTimedWorker(
  environment: TestWorkflowEnvironment,
  taskQueue: string,
  activities: Activities,
) {
  return createWorker({
    connection: environment.nativeConnection,
    namespace: environment.namespace ?? 'default',
    taskQueue,
    activities,
  });
}
