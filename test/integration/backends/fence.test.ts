import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { ApplicationFailure } from '@temporalio/common';
import { EmbeddedBackends } from '../../../activities/backends/embedded.ts';
import type { OpenSearchIndex } from '../../../activities/backends/open-search/open-search.ts';
import { TencentFriendships } from '../../../activities/backends/tencent/friend-check.ts';
import { clearCaches } from '../../../activities/clear-caches.ts';
import { notifyBackend } from '../../../activities/notify-backend.ts';
import { notifyUsers } from '../../../activities/notify-users.ts';
import type { SideEffectDefinition } from '../../../activities/side-effect.ts';
import { updateSearchIndex } from '../../../activities/update-search-index.ts';
import type { FailureDetails, Pair, SideEffectInput } from '../../../workflows/contract.ts';
import { deliveryOf, pairsOf } from '../../support/inputs/deliveries.ts';
import { describeOutcomes, runnerOf } from '../../support/run-side-effect.ts';
import { searchStage } from '../../support/stages/search-stage.ts';
import { TencentStage } from '../../support/stages/tencent-stage.ts';

const MINUTE = 60_000;
const AFTER = 5 * MINUTE;
const FRIEND_CHECK = 'v4/sns/friend_check';

const chat = new TencentStage();
const stage = searchStage();
const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol']);

let friendships: TencentFriendships;
beforeEach(() => {
  friendships = new TencentFriendships(chat.apiOf());
});
afterEach(() => friendships.close());

const calls = () => chat.server.callsOf(FRIEND_CHECK);

function inputOf(pairs: Pair[], age = AFTER + MINUTE): SideEffectInput {
  const { delivery } = deliveryOf(pairs);
  return { delivery: { ...delivery, receivedAt: Date.now() - age }, pairs };
}

/** Without a search guard of its own: only the fence can keep a document. */
describe('the fence, on a search index without a guard', () => {
  let index: string;
  let searchIndex: OpenSearchIndex;
  before(async () => {
    index = await stage.createIndex();
    searchIndex = stage.open(index, { kind: 'none' });
  });
  after(() => searchIndex?.close());
  beforeEach(async () => {
    await stage.api.index(index, 'alice:bob');
    await stage.api.index(index, 'alice:carol');
  });

  const run = (input: SideEffectInput, { isOn = true, info = {} } = {}) => {
    const fence = isOn ? { friendships, after: AFTER } : null;
    return runnerOf(updateSearchIndex, { searchIndex, fence })(input, info);
  };
  const kept = async () => [
    await stage.api.has(index, 'alice:bob'),
    await stage.api.has(index, 'alice:carol'),
  ];

  test('given a friendship made again, when the delete comes late, then its document stays, and the other one is deleted', async () => {
    chat.server.friendLists.add('alice', 'bob');
    assert.deepEqual(describeOutcomes(await run(inputOf(PAIRS))), ['done befriended', 'done deleted']);
    assert.deepEqual(await kept(), [true, false]);
    assert.equal(calls().length, 1);
  });

  test('given a friendship made again by the other side alone, then the document is deleted: a pair is directed', async () => {
    chat.server.friendLists.add('bob', 'alice');
    assert.deepEqual(describeOutcomes(await run(inputOf(PAIRS))), ['done deleted', 'done deleted']);
  });

  test('a try that comes early asks nobody', async () => {
    chat.server.friendLists.add('alice', 'bob');
    const outcomes = await run(inputOf(PAIRS, AFTER - MINUTE));
    assert.deepEqual(describeOutcomes(outcomes), ['done deleted', 'done deleted']);
    assert.equal(chat.server.requests.length, 0);
  });

  test('without FENCE nobody is asked, however late a try is', async () => {
    chat.server.friendLists.add('alice', 'bob');
    assert.deepEqual(describeOutcomes(await run(inputOf(PAIRS), { isOn: false })), [
      'done deleted',
      'done deleted',
    ]);
    assert.equal(chat.server.requests.length, 0);
  });

  for (const [answer, type] of [
    [{ status: 503 }, 'ServerError'],
    ['reset', 'Unreachable'],
    [60007, 'Busy'],
    [30006, 'ServerError'],
  ] as const) {
    test(`given a vendor that answers ${JSON.stringify(answer)}, then the try fails as ${type}, and nothing is deleted; the next try goes on`, async () => {
      chat.server.played.push(answer);
      const failure = await failureOf(run(inputOf(PAIRS)));
      assert.deepEqual([failure.type, failure.nonRetryable], [type, false]);
      assert.match(failure.message, /Tencent Chat at/);
      assert.deepEqual(await kept(), [true, true]);
      assert.deepEqual(describeOutcomes(await run(inputOf(PAIRS))), ['done deleted', 'done deleted']);
    });
  }

  test('given an administrator that may not ask, then the pair is parked, and the message says which setting to check', async () => {
    chat.server.played.push(60010);
    const failure = await failureOf(run(inputOf(pairsOf(['alice', 'bob']))));
    assert.deepEqual([failure.type, failure.nonRetryable], ['Unauthorized', true]);
    assert.match(failure.message, /friend_check: check that TENCENT_ADMIN/);
    assert.deepEqual(await kept(), [true, true]);
  });

  test('given one account that cannot be checked, then its pair alone is tried again', async () => {
    chat.server.friendLists.failing.set('carol', 30007);
    const failure = await failureOf(run(inputOf(PAIRS)));
    const [{ outcomes, again } = assert.fail()] = failure.details as FailureDetails[];
    assert.deepEqual([outcomes, again], [[{ status: 'done', detail: 'deleted' }, null], 1_000]);
    assert.deepEqual(await kept(), [false, true]);
  });

  test('a batch of 250 pairs of one account makes 3 calls; pairs that are done already are not asked about', async () => {
    const pairs = Array.from({ length: 250 }, (_, friend) => ({ from: 'alice', to: `friend-${friend}` }));
    for (let friend = 0; friend < 250; friend += 2) chat.server.friendLists.add('alice', `friend-${friend}`);
    const words = describeOutcomes(await run(inputOf(pairs)));
    assert.deepEqual(
      words.map((word) => word === 'done befriended'),
      pairs.map((_, friend) => friend % 2 === 0),
    );
    assert.deepEqual(
      calls().map(({ To_Account }) => (To_Account as string[]).length),
      [100, 100, 50],
    );
    const heartbeatDetails = pairs.map((_, friend) =>
      friend < 150 ? { status: 'done', detail: 'x' } : null,
    );
    await run(inputOf(pairs), { info: { attempt: 2, heartbeatDetails } });
    assert.equal(calls().length, 4);
  });

  test('given a vendor that is away, then a batch of many accounts asks a few times and gives up soon', async () => {
    chat.server.played.push(...Array<'reset'>(200).fill('reset'));
    const pairs = Array.from({ length: 100 }, (_, from) => ({ from: `user-${from}`, to: 'bob' }));
    const failure = await failureOf(run(inputOf(pairs)));
    assert.equal(failure.type, 'Unreachable');
    assert.ok(calls().length < 20, `${calls().length} calls`);
  });
});

describe('the fence, on other side effects', () => {
  const messages = [{ recipient: 'alice', part: 1, parts: 1, pairs: 2 }];
  let sent: EmbeddedBackends;
  beforeEach(() => {
    sent = new EmbeddedBackends();
  });
  const run = (sideEffect: SideEffectDefinition, input: SideEffectInput) => {
    const fence = { friendships, after: AFTER };
    return runnerOf(sideEffect, { caches: sent, messenger: sent, backendWebhook: sent, fence })(input);
  };

  for (const sideEffect of [notifyUsers, notifyBackend]) {
    test(`a late message of ${sideEffect.name} is skipped when all its pairs are friends again`, async () => {
      for (const { from, to } of PAIRS) chat.server.friendLists.add(from, to);
      const outcomes = await run(sideEffect, { ...inputOf(PAIRS), messages });
      assert.deepEqual(describeOutcomes(outcomes), ['done befriended', 'done befriended']);
      assert.deepEqual(sent.view('alice').inbox, []);
    });

    test(`a late message of ${sideEffect.name} with one pair of former friends is sent whole, so that its bytes stay the same`, async () => {
      chat.server.friendLists.add('alice', 'bob');
      const outcomes = await run(sideEffect, { ...inputOf(PAIRS), messages });
      assert.deepEqual(describeOutcomes(outcomes), ['done sent', 'done sent']);
      assert.deepEqual(sent.view('alice').inbox[0]?.data.pairs, PAIRS);
    });
  }

  test('clearCaches asks nobody: an entry that is cleared late is only read again', async () => {
    chat.server.friendLists.add('alice', 'bob');
    const outcomes = await run(clearCaches, inputOf(PAIRS));
    assert.deepEqual(describeOutcomes(outcomes), ['done absent', 'done absent']);
    assert.equal(chat.server.requests.length, 0);
  });
});

async function failureOf(running: Promise<unknown>): Promise<ApplicationFailure> {
  const error = await running.then(
    () => assert.fail('it should have failed'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApplicationFailure, String(error));
  return error;
}
