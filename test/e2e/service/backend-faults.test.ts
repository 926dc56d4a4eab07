import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { SideEffectName } from '../../../activities/index.ts';
import type { Pair } from '../../../workflows/contract.ts';
import type { SinkAnswer, Taken } from '../../support/doubles/webhook-sink.ts';
import { twoWay } from '../../support/recorded-acts.ts';
import { FaultStage } from '../../support/stages/fault-stage.ts';
import { until } from '../../support/until.ts';

/** Retries are at most 30 s apart. */
const PROMPT_MS = 35_000;

let stage: FaultStage;
before(async () => {
  stage = await FaultStage.start();
});
after(() => stage?.stop());

/** One delivery of 300 pairs, in batches, and three small ones; nobody is in two of them. */
function deliveries(name: string): Pair[][] {
  return [150, 2, 1, 3].map((friends, number) => {
    const rename = (account: string) => `${name}${number}-${account}`;
    return twoWay(friends).map(({ from, to }) => ({ from: rename(from), to: rename(to) }));
  });
}

/** Of a side effect, at most: three batches, and the twelve pairs of small deliveries. */
const ACTIVITIES = 15;

/** What Temporal's back-off allows: 1 s, doubling; in an outage of 15 s, say, six tries of an activity. */
function assertNotHammered(sideEffect: SideEffectName, since: number): void {
  const seconds = (Date.now() - since) / 1_000;
  const tries = stage.failedTries(sideEffect, since);
  const most = ACTIVITIES * (2 + Math.ceil(Math.log2(seconds + 1)));
  assert.ok(tries > 0 && tries <= most, `${tries} tries in ${seconds} s, ${most} at most`);
}

async function untilNotified(posted: Parameters<FaultStage['messageFaults']>[0]): Promise<void> {
  await until('every message', () => stage.messageFaults(posted).length === 0, 60_000);
}

describe('backends that fail while deliveries are under way', () => {
  test('given OpenSearch killed and back later, then caches and messages go on meanwhile, and it follows promptly, without being hammered', async (t) => {
    const all = deliveries('search');
    await stage.friends.add(all.flat());
    await stage.openSearch.kill();
    const killedAt = Date.now();
    const posted = await stage.post(all);
    await until('every key to be gone', async () => (await stage.friends.keysLeft()) === 0, 60_000);
    await untilNotified(posted);
    const others = Date.now() - killedAt;
    await until('a retry', () => stage.failedTries('updateSearchIndex', killedAt) > ACTIVITIES);
    assertNotHammered('updateSearchIndex', killedAt);

    await stage.openSearch.restart();
    const backAt = Date.now();
    assertNotHammered('updateSearchIndex', killedAt);
    await stage.finished(posted);
    t.diagnostic(`others ${others} ms, away ${backAt - killedAt} ms, then ${Date.now() - backAt} ms`);
    assert.ok(Date.now() - backAt <= PROMPT_MS);
    assert.deepEqual(await stage.friends.faults(), []);
  });

  test('given Redis killed and back later, then documents and messages go on meanwhile, and it follows promptly, without being hammered', async (t) => {
    const all = deliveries('cache');
    await stage.friends.add(all.flat());
    await stage.redis.kill();
    const killedAt = Date.now();
    const posted = await stage.post(all);
    await until('every document to be gone', async () => (await stage.friends.documentsLeft()) === 0, 60_000);
    await untilNotified(posted);
    await until('a retry', () => stage.failedTries('clearCaches', killedAt) > ACTIVITIES);
    assertNotHammered('clearCaches', killedAt);

    await stage.redis.start();
    const backAt = Date.now();
    await stage.finished(posted);
    t.diagnostic(`away ${backAt - killedAt} ms, then ${Date.now() - backAt} ms`);
    assert.ok(Date.now() - backAt <= PROMPT_MS);
    assert.deepEqual(await stage.friends.faults(), []);
  });

  test('given a webhook endpoint that fails, and then answers 500, 429 or nothing at random, then keys and documents go on meanwhile, and every message arrives', async (t) => {
    const all = deliveries('notify');
    await stage.friends.add(all.flat());
    const { sink } = stage;
    sink.answer = () => ({ status: 500 });
    const failedAt = Date.now();
    const posted = await stage.post(all);
    await until('others to go on', async () => (await stage.friends.faults()).length === 0, 60_000);
    await until('a retry', () => stage.failedTries('notifyUsers', failedAt) > ACTIVITIES);
    assertNotHammered('notifyUsers', failedAt);

    const backAt = Date.now();
    sink.answer = moody();
    await stage.finished(posted);
    t.diagnostic(
      `failing ${backAt - failedAt} ms, then ${Date.now() - backAt} ms; ${sink.taken.length} taken`,
    );
    assert.deepEqual(stage.messageFaults(posted), []);
  });

  test('given all these faults, then no acknowledged message was sent again, and each try of a message had the same bytes', () => {
    assert.equal(stage.sink.forged, 0);
    for (const tries of byId(stage.sink.taken)) {
      const [{ id, body }] = tries as [Taken];
      const answers = tries.map(({ answer }) => (answer === 'nothing' ? answer : answer.status));
      assert.equal(answers.indexOf(204), answers.length - 1, `${id} was answered ${answers.join()}`);
      assert.ok(tries.every((each) => each.body === body));
    }
  });
});

/** A third of the answers are no good, whose differs from run to run; up to two a message, a few of them silence. */
function moody(): (id: string) => SinkAnswer {
  const refusals = new Map<string, number>();
  let silences = 4;
  return (id) => {
    const mood = Math.random();
    const before = refusals.get(id) ?? 0;
    if (mood > 0.35 || before === 2) return { status: 204 };
    refusals.set(id, before + 1);
    if (mood > 0.2) return { status: 500 };
    if (mood > 0.05 || silences === 0) return { status: 429, headers: { 'retry-after': '2' } };
    silences -= 1;
    return 'nothing';
  };
}

function byId(taken: readonly Taken[]): Taken[][] {
  const tries = new Map<string, Taken[]>();
  for (const each of taken) tries.set(each.id, [...(tries.get(each.id) ?? []), each]);
  return [...tries.values()];
}
