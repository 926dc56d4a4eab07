import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLogger, forTemporal } from '../../../src/telemetry/logger.ts';

const WORKFLOW = { workflowId: 'friend-deleted/1400000000/d-1', taskToken: 'secret' };

function logged(write: (logger: ReturnType<typeof forTemporal>) => void): Record<string, unknown> {
  const lines: Record<string, unknown>[] = [];
  write(forTemporal(createLogger('trace', { write: (line) => lines.push(JSON.parse(line)) })));
  assert.equal(lines.length, 1);
  return lines[0] ?? {};
}

const FROM_WORKER = { ...WORKFLOW, sdkComponent: 'worker' };

test('what the SDK says of itself is for debugging', () => {
  assert.equal(logged((log) => log.info('Worker state changed', FROM_WORKER)).level, 'debug');
  assert.equal(logged((log) => log.log('INFO', 'started', { sdkComponent: 'core' })).level, 'debug');
});

test('a failure of which Unfriend has a line is no second warning of the SDK', () => {
  for (const message of ['Activity failed', 'Activity completed as cancelled', 'Workflow failed'])
    assert.equal(logged((log) => log.warn(message, FROM_WORKER)).level, 'debug', message);
  assert.equal(logged((log) => log.error('Worker failed', FROM_WORKER)).level, 'debug');
});

test('a failure of the SDK of which Unfriend has no line stays a warning or an error', () => {
  const message = 'Workflow referenced an unregistered external sink';
  assert.equal(logged((log) => log.error(message, FROM_WORKER)).level, 'error');
});

test('the line about a task that the SDK could not read has nothing of the task', () => {
  const about = { ...FROM_WORKER, task: '{"start":{"input":"alice"}}', taskEncoded: 'YWxpY2U=' };
  const line = logged((log) => log.error('Error while processing ActivityTask.start: not encrypted', about));
  assert.equal(line.level, 'error');
  assert.doesNotMatch(JSON.stringify(line), /alice|YWxpY2U/);
});

test('lines of workflows and of a side effect’s own code keep their level and name the delivery, without the task token', () => {
  for (const sdkComponent of ['workflow', 'activity']) {
    const line = logged((log) => log.info('signal retryFailed', { ...WORKFLOW, sdkComponent }));
    assert.deepEqual([line.level, line.deliveryId, line.taskToken], ['info', 'd-1', undefined]);
  }
});
