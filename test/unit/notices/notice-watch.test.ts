import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Reading,
  RefusedCallbacks,
  readNeedsPerson,
  readNoWorker,
} from '../../../src/notices/conditions.ts';
import { NoticeWatch, paceOf } from '../../../src/notices/notice-watch.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import type { Notice, NoticeCondition, Sighting } from '../../../workflows/contract.ts';

const MINUTE = 60_000;
const AFTER = 5 * MINUTE;

/** A watch whose readings a test sets, and what it told. */
function watchOf(readings: Reading[]) {
  const told: { condition: NoticeCondition; sighting: Sighting }[] = [];
  const direct: Notice[] = [];
  const state = { readings, isTemporalAway: false };
  const watch = new NoticeWatch({
    read: () => state.readings,
    after: AFTER,
    source: 'receiver-0',
    tell: async (condition, sighting) => {
      if (state.isTemporalAway) throw new Error('unreachable');
      told.push({ condition, sighting });
    },
    sendDirectly: async (notice) => {
      direct.push(notice);
    },
    logger: createLogger('debug', { write: () => undefined }),
  });
  return { watch, told, direct, state };
}

const reading = (condition: NoticeCondition, isSo: boolean | undefined): Reading => ({
  condition,
  isSo,
  facts: {},
});

describe('a process that looks for what people must hear of', () => {
  test('tells of a condition only once it has held for NOTICE_AFTER', async () => {
    const { watch, told } = watchOf([reading('needs-person', true)]);
    await watch.look(0);
    await watch.look(AFTER - 1);
    assert.deepEqual(told, []);
    await watch.look(AFTER);
    assert.deepEqual(told, [
      { condition: 'needs-person', sighting: { source: 'receiver-0', since: 0, facts: {} } },
    ]);
  });

  test('says again that it still holds, about once a minute', async () => {
    const { watch, told } = watchOf([reading('no-worker', true)]);
    for (let at = 0; at <= AFTER + 3 * MINUTE; at += 20_000) await watch.look(at);
    assert.equal(told.length, 4);
    assert.deepEqual(paceOf(AFTER), { lookEvery: 20_000, tellEvery: MINUTE, overAfter: 3 * MINUTE });
  });

  test('counts from the beginning when the condition was over for a moment', async () => {
    const { watch, told, state } = watchOf([reading('needs-person', true)]);
    await watch.look(0);
    state.readings = [reading('needs-person', false)];
    await watch.look(4 * MINUTE);
    state.readings = [reading('needs-person', true)];
    await watch.look(6 * MINUTE);
    await watch.look(10 * MINUTE);
    assert.deepEqual(told, []);
  });

  test('what is not known now changes nothing', async () => {
    const { watch, told, state } = watchOf([reading('needs-person', true)]);
    await watch.look(0);
    state.readings = [reading('needs-person', undefined)];
    await watch.look(MINUTE);
    state.readings = [reading('needs-person', true)];
    await watch.look(AFTER);
    assert.equal(told.length, 1);
  });

  test('refused callbacks are told of at once', async () => {
    const { watch, told } = watchOf([reading('callbacks-refused', true)]);
    await watch.look(0);
    assert.equal(told.length, 1);
  });

  test('while Temporal is away, a stuck journal is told of once by the process itself, and so is its end', async () => {
    const { watch, told, direct, state } = watchOf([
      reading('journal-stuck', true),
      reading('needs-person', true),
    ]);
    state.isTemporalAway = true;
    for (let at = 0; at <= AFTER + 2 * MINUTE; at += 20_000) await watch.look(at);
    assert.deepEqual(
      direct.map(({ condition, state: is }) => [condition, is]),
      [['journal-stuck', 'began']],
    );
    state.isTemporalAway = false;
    await watch.look(AFTER + 3 * MINUTE);
    assert.deepEqual(
      told.map(({ condition }) => condition),
      ['needs-person'],
    );
    state.readings = [reading('journal-stuck', false)];
    await watch.look(AFTER + 4 * MINUTE);
    const [, ended] = direct;
    assert.deepEqual([ended?.state, ended?.since, ended?.until], ['ended', 0, AFTER + 4 * MINUTE]);
  });
});

describe('a condition', () => {
  const queue = (pollers: number) => ({ pollers, backlog: 7, backlogAgeSeconds: 0 });
  const parked = (count: number, abandoned: number) => ({
    parked: count,
    oldestAgeSeconds: 0,
    abandoned,
    retrying: 0,
  });

  test('needs-person holds for what is parked and for what is abandoned, and is unknown while Temporal is away', () => {
    const isSo = (state?: ReturnType<typeof parked>) =>
      readNeedsPerson({ parked: state, workflows: undefined }).isSo;
    assert.deepEqual(
      [isSo(parked(0, 0)), isSo(parked(1, 0)), isSo(parked(0, 1)), isSo()],
      [false, true, true, undefined],
    );
  });

  test('no-worker holds while nobody polls for workflows', () => {
    const isSo = (state?: ReturnType<typeof queue>) =>
      readNoWorker({ parked: undefined, workflows: state }).isSo;
    assert.deepEqual([isSo(queue(1)), isSo(queue(0)), isSo()], [false, true, undefined]);
  });

  test('callbacks-refused holds for one lost callback, and for many refused ones, until NOTICE_AFTER is over', () => {
    const refused = new RefusedCallbacks(AFTER);
    const isSo = (counts: Record<string, number>, at: number) => refused.read(counts, at).isSo;
    assert.equal(isSo({ unavailable: 4, unauthorized: 100 }, 0), false, 'from before it looked');
    assert.equal(isSo({ unavailable: 4, unauthorized: 110 }, MINUTE), false, 'ten may be a stranger');
    assert.equal(isSo({ unavailable: 4, unauthorized: 111 }, 2 * MINUTE), true);
    assert.equal(isSo({ unavailable: 5, unauthorized: 111 }, 6 * MINUTE), true);
    assert.equal(isSo({ unavailable: 5, unauthorized: 111 }, 12 * MINUTE), false);
  });
});
