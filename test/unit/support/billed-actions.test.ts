import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type proto from '@temporalio/proto';
import { countActions } from '../../support/billed-actions.ts';

type HistoryEvent = proto.temporal.api.history.v1.IHistoryEvent;

const RECORDED = new URL('../../replay/histories/0.2.0/', import.meta.url);

const START: HistoryEvent = { workflowExecutionStartedEventAttributes: {} };
const TASK: HistoryEvent[] = [
  { workflowTaskScheduledEventAttributes: {} },
  { workflowTaskStartedEventAttributes: {} },
  { workflowTaskCompletedEventAttributes: {} },
];
const END: HistoryEvent = { workflowExecutionCompletedEventAttributes: {} };

describe('the billed actions of a history', () => {
  test('a workflow that does nothing is one action: its start', () => {
    assert.equal(countActions({ events: [START, ...TASK, END] }), 1);
  });

  test('every attempt of an activity is an action', () => {
    const first = [
      { activityTaskScheduledEventAttributes: {} },
      { activityTaskStartedEventAttributes: { attempt: 1 } },
    ];
    const third = [
      { activityTaskScheduledEventAttributes: {} },
      { activityTaskStartedEventAttributes: { attempt: 3 } },
    ];
    assert.equal(countActions({ events: [START, ...TASK, ...first, ...third] }), 1 + 1 + 3);
  });

  test('an activity that waits for its first attempt is an action already', () => {
    assert.equal(countActions({ events: [START, ...TASK, { activityTaskScheduledEventAttributes: {} }] }), 2);
  });

  test('all local activities of one workflow task are one action', () => {
    const events = [START, ...TASK, marker(4), marker(4), marker(4), ...TASK, marker(10), marker(10), END];
    assert.equal(countActions({ events }), 1 + 2);
  });

  test('each heartbeat of a workflow task is an action', () => {
    assert.equal(countActions({ events: [START, ...TASK, ...TASK, ...TASK, marker(10), END] }), 1 + 2 + 1);
  });

  test('an upsert of several search attributes is one action, and that of a patch is none', () => {
    const events = [
      START,
      ...TASK,
      upsert('UnfriendStatus', 'UnfriendPairs'),
      upsert('TemporalChangeVersion'),
      END,
    ];
    assert.equal(countActions({ events }), 2);
  });

  test('signals, timers, updates and memos are an action each, a child two', () => {
    const events: HistoryEvent[] = [
      START,
      ...TASK,
      { workflowExecutionSignaledEventAttributes: {} },
      { timerStartedEventAttributes: {} },
      { workflowExecutionUpdateAcceptedEventAttributes: {} },
      { workflowExecutionUpdateCompletedEventAttributes: {} },
      { workflowPropertiesModifiedEventAttributes: {} },
      { startChildWorkflowExecutionInitiatedEventAttributes: {} },
    ];
    assert.equal(countActions({ events }), 1 + 4 + 2);
  });

  test('the start of a child is counted with its parent', () => {
    const child = {
      workflowExecutionStartedEventAttributes: { parentWorkflowExecution: { workflowId: 'parent' } },
    };
    assert.equal(countActions({ events: [child, ...TASK, END] }), 0);
  });

  test('a recorded delivery of three pairs, with an activity per pair and one message, has 10 actions', () => {
    const json: unknown = JSON.parse(readFileSync(new URL('sample.json', RECORDED), 'utf8'));
    // The start, seven activities, and two changes of the status.
    assert.equal(countActions(historyFromJSON(json)), 1 + 7 + 2);
  });
});

function marker(workflowTaskCompletedEventId: number): HistoryEvent {
  // Temporal numbers events with 64 bits. Only the text of the number is read.
  const id = workflowTaskCompletedEventId as unknown as Long;
  return {
    markerRecordedEventAttributes: { markerName: 'core_local_activity', workflowTaskCompletedEventId: id },
  };
}

function upsert(...names: string[]): HistoryEvent {
  const indexedFields = Object.fromEntries(names.map((name) => [name, {}]));
  return { upsertWorkflowSearchAttributesEventAttributes: { searchAttributes: { indexedFields } } };
}
