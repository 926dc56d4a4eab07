import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { WorkflowFailedError } from '@temporalio/client';
import { EmbeddedBackends } from '../../../activities/backends/embedded.ts';
import { TencentFriendships } from '../../../activities/backends/tencent/friend-check.ts';
import { createCheckFriendships } from '../../../activities/reconcile/check-friendships.ts';
import type { ReconcileTools } from '../../../activities/reconcile/tools.ts';
import {
  RECONCILE_FRIENDS,
  type ReconcileInput,
  type ReconcileReport,
  reconcileReportQuery,
} from '../../../workflows/contract.ts';
import { startTestTemporal, type TestTemporal } from '../../support/servers/temporal.ts';
import { TencentStage } from '../../support/stages/tencent-stage.ts';
import { withWorker } from '../../support/stages/worker.ts';

const FRIEND_CHECK = 'v4/sns/friend_check';
const chat = new TencentStage();

let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(() => temporal.stop());

describe('reconcileFriends', () => {
  let index: EmbeddedBackends;
  let friendships: TencentFriendships;
  let started: { pair: string; day: string; askedAt: number }[];
  beforeEach(() => {
    index = new EmbeddedBackends();
    friendships = new TencentFriendships(chat.apiOf());
    started = [];
  });
  afterEach(() => friendships.close());

  /** Starts a pair once. Others have started the pairs in `earlier`. */
  const earlier = new Set<string>();
  const startEnded: ReconcileTools['startEnded'] = async ({ from, to, askedAt }, { day }) => {
    const pair = `${from} → ${to}`;
    if (earlier.has(pair)) return 'already-started';
    if (!started.some((each) => each.pair === pair)) started.push({ pair, day, askedAt });
    return 'started';
  };

  function run(input: unknown, tools: Partial<ReconcileTools> = {}) {
    const all: ReconcileTools = {
      searchIndex: index,
      documentId: '{From_Account}:{To_Account}',
      friendships,
      startEnded,
      ...tools,
    };
    const activities = { checkFriendships: createCheckFriendships(all) };
    return withWorker(temporal, activities, async (taskQueue) => {
      const handle = await temporal.client.workflow.start(RECONCILE_FRIENDS, {
        workflowId: `reconcile/test/${randomUUID()}`,
        taskQueue,
        args: [input as ReconcileInput],
      });
      const report: ReconcileReport = await handle.result();
      assert.deepEqual(await handle.query(reconcileReportQuery), report);
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      return { report, currentDetails };
    });
  }

  /** Friends in the index, in both directions; the vendor knows only those that are true. */
  function befriend(one: string, other: string, isTrue = true) {
    index.befriend(one, other, 0);
    if (!isTrue) return;
    chat.server.friendLists.add(one, other);
    chat.server.friendLists.add(other, one);
  }

  test('pairs that ended get a delivery, with the time before the vendor was asked; the report counts everything', async () => {
    befriend('alice', 'bob');
    befriend('alice', 'carol', false);
    chat.server.friendLists.add('carol', 'alice');
    const beganAt = Date.now();
    const { report, currentDetails } = await run({ fromIndex: true });
    const { day, ...counts } = report;
    assert.deepEqual(counts, {
      status: 'Done',
      dryRun: false,
      total: 4,
      documents: 4,
      unreadable: 0,
      pairs: 4,
      ended: 1,
      started: 1,
      alreadyStarted: 0,
      failed: 0,
      errors: [],
    });
    assert.match(day, /^\d{8}$/);
    const [first] = started;
    assert.deepEqual([started.length, first?.pair, first?.day], [1, 'alice → carol', day]);
    const arrived = chat.server.requests.find(({ body }) => body.includes('"From_Account":"alice"'));
    const arrivedAt = performance.timeOrigin + (arrived?.at ?? 0);
    assert.ok(first && first.askedAt >= beganAt && first.askedAt <= arrivedAt + 1);
    assert.match(currentDetails, /\*\*Done\*\*[\s\S]*deliveries started\s+\| 1/);
  });

  test('a dry run counts and starts nothing', async () => {
    befriend('alice', 'bob', false);
    const { report } = await run({ fromIndex: true, dryRun: true });
    assert.deepEqual([report.dryRun, report.ended, report.started, started], [true, 2, 0, []]);
  });

  test('given accounts, then only their pairs are asked about, as From and as To', async () => {
    befriend('alice', 'bob', false);
    befriend('carol', 'dave', false);
    const { report } = await run({ accounts: ['alice'] });
    assert.deepEqual([report.accounts, report.documents, report.pairs, report.started], [1, 4, 2, 2]);
    assert.deepEqual(started.map(({ pair }) => pair).sort(), ['alice → bob', 'bob → alice']);
  });

  test('given a vendor that fails in between, then the run goes on where it was, and asks about nothing twice', async () => {
    for (let friend = 0; friend < 20; friend += 1) befriend('alice', `friend-${friend}`, friend % 4 !== 0);
    // Eight calls are made at the same time. The ninth to the sixteenth fail once.
    let calls = 0;
    const failing = {
      atOnce: 100,
      areFriends: async (from: string, to: readonly string[], signal: AbortSignal) => {
        calls += 1;
        if (calls === 12) chat.server.played.push({ status: 503 });
        return friendships.areFriends(from, to, signal);
      },
      check: () => friendships.check(),
      close: () => friendships.close(),
    };
    const { report } = await run({ fromIndex: true }, { friendships: failing });
    assert.deepEqual([report.pairs, report.started, report.alreadyStarted, report.failed], [40, 10, 0, 0]);
    assert.equal(new Set(started.map(({ pair }) => pair)).size, started.length);
    assert.ok(calls > 21 && calls <= 21 + 8, `${calls} calls`);
  });

  test('given starts that fail in between, then the run goes on with what is left, and every pair counts once', async () => {
    for (let friend = 0; friend < 20; friend += 1) befriend('alice', `friend-${friend}`, false);
    earlier.add('alice → friend-3');
    let starts = 0;
    const failing: ReconcileTools['startEnded'] = async (pair, about) => {
      starts += 1;
      const start = starts;
      if (start === 7) throw new Error('Temporal is away');
      const outcome = await startEnded(pair, about);
      if (start === 20) throw new Error('the answer was lost');
      return outcome;
    };
    const { report } = await run({ fromIndex: true }, { startEnded: failing });
    earlier.clear();
    const { pairs, ended, alreadyStarted } = report;
    assert.deepEqual([pairs, ended, report.started, alreadyStarted], [40, 40, 39, 1]);
    assert.equal(started.length, 39);
    assert.equal(chat.server.callsOf(FRIEND_CHECK).length, 21, 'nothing is asked twice');
  });

  test('given a rate, then calls to the vendor keep to it', async () => {
    for (let friend = 0; friend < 20; friend += 1) befriend(`user-${friend}`, 'bob', false);
    const { report } = await run({ fromIndex: true, rate: 50 });
    assert.equal(report.started, 40);
    const times = chat.server.requests.map(({ at }) => at).sort((one, other) => one - other);
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) >= 350, 'the calls keep to the rate');
  });

  test('given an account that the vendor refuses, then its pairs count as failed, and the others are done', async () => {
    befriend('alice', 'bob', false);
    chat.server.friendLists.failing.set('bob', 30006);
    const { report } = await run({ fromIndex: true });
    assert.deepEqual([report.failed, report.started], [1, 1]);
    assert.deepEqual(
      report.errors.map(({ type, count }) => [type, count]),
      [['ServerError', 1]],
    );
  });

  test('given documents whose id does not tell one pair, then they are counted and not asked about', async () => {
    index.befriend('a:b', 'c', 0);
    const { report } = await run({ fromIndex: true });
    assert.deepEqual([report.documents, report.unreadable, report.pairs], [2, 2, 0]);
    assert.equal(chat.server.callsOf(FRIEND_CHECK).length, 0);
  });

  for (const [what, input, tools, message] of [
    ['no search index', { fromIndex: true }, { searchIndex: null }, /SEARCH_URL is off on this worker/],
    ['no secret key', { fromIndex: true }, { friendships: null }, /no TENCENT_SECRET_KEY/],
    [
      'a template without a separator',
      { fromIndex: true },
      { documentId: '{From_Account}{To_Account}' },
      /SEARCH_DOCUMENT_ID has no text between/,
    ],
    ['an input that says nothing', {}, {}, /expected either "fromIndex"/],
  ] as const) {
    test(`given ${what}, then the run fails at once, and the message says what to set`, async () => {
      const failure = await run(input, tools).catch((error: unknown) => error);
      assert.ok(failure instanceof WorkflowFailedError);
      assert.match(`${failure.cause?.message} ${failure.cause?.cause}`, message);
      assert.equal(chat.server.requests.length, 0);
    });
  }

  test('given a key that may not ask, then the run fails, and says which setting to check', async () => {
    befriend('alice', 'bob', false);
    chat.server.played.push(30004, 30004);
    const failure = await run({ fromIndex: true }).catch((error: unknown) => error);
    assert.ok(failure instanceof WorkflowFailedError);
    assert.match(String(failure.cause?.cause), /30004 to friend_check: check that TENCENT_ADMIN/);
    assert.deepEqual(started, []);
  });
});
