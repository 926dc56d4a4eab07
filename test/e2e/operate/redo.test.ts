import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type Pair, searchAttributes } from '../../../workflows/contract.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { pairsDone } from '../../support/recorded-acts.ts';
import { AttentionStage, deliveryIdOf, resultsOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

/** The server begins to delete up to a minute after the end of a workflow. */
const DELETED_MS = 180_000;
const TWO = pairsOf(['alice', 'bob'], ['carol', 'dave']);

type Failure = { deliveryId: string; reason: string };
type RedoDocument = Record<
  'found' | 'started' | 'pairs' | 'already' | 'nothing' | 'failed' | 'open',
  number
> & {
  failures: Failure[];
  goOn: string;
};
type Status = {
  deliveryId: string;
  status: string;
  redos: { workflowId: string; effect: string; status: string; execution: string }[];
};

let stage: AttentionStage;
/** Each test has accounts of its own, by which it finds its own deliveries. */
let account: string;
let pairs: Pair[];
before(async () => {
  stage = await AttentionStage.start();
  stage.keepWorker();
});
beforeEach(() => {
  stage.startAfresh();
  account = `a-${randomUUID().slice(0, 8)}`;
  pairs = [{ from: account, to: 'bob' }, ...TWO.slice(1)];
});
after(() => stage.stop());

async function redo(...args: string[]): Promise<RedoDocument & { code: number | null }> {
  const own = args.some((arg) => arg.startsWith('--account')) ? [] : ['--account', account];
  const since = args.includes('--since') ? [] : ['--since', '1h'];
  const { code, document } = await stage.json<RedoDocument>('redo', ...args, ...since, ...own, '--yes');
  return { code, ...document };
}

const goOn = ({ goOn }: RedoDocument) => redo(...goOn.split(' ').slice(3));
const again = (effect: string, ...args: string[]) => redo('--effect', effect, ...args);

async function isGone(workflowId: string): Promise<boolean> {
  try {
    await stage.handle(workflowId).describe();
    return false;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return true;
    throw error;
  }
}

/** A finished delivery of this test. */
async function finished(): Promise<string> {
  const id = await stage.deliver(pairs);
  await stage.ended('Completed', id);
  return id;
}

describe('unfriend redo', () => {
  test('does one side effect of a finished delivery again and no other, under its own time, and shows who asked and why', async () => {
    const id = await finished();
    const [call] = stage.acts.done.updateSearchIndex;
    stage.startAfresh();
    const dry = await again('updateSearchIndex', '--dry-run');
    assert.deepEqual([dry.code, dry.found, dry.started, dry.pairs], [0, 1, 1, 2]);
    await assert.rejects(stage.handle(`${id}/redo-1`).describe());

    const done = await again('updateSearchIndex', '--by', 'erin', '--reason', 'snapshot of 3:00');
    assert.deepEqual([done.code, done.found, done.started, done.pairs], [0, 1, 1, 2]);
    const handle = stage.handle(`${id}/redo-1`);
    await handle.result();
    const { updateSearchIndex, clearCaches, notifyUsers } = stage.acts.done;
    assert.deepEqual(pairsDone(updateSearchIndex).sort(), [`${account} → bob`, 'carol → dave'].sort());
    assert.deepEqual([clearCaches, notifyUsers], [[], []]);
    assert.deepEqual(updateSearchIndex[0]?.delivery, call?.delivery);

    const [delivery, described] = [await stage.handle(id).describe(), await handle.describe()];
    for (const key of [searchAttributes.accounts, searchAttributes.pairs] as const)
      assert.deepEqual(
        described.typedSearchAttributes.get(key as never),
        delivery.typedSearchAttributes.get(key as never),
      );
    assert.match(String(await described.staticSummary()), /^updateSearchIndex again: a-\w+ → bob and 1 more/);
    const details = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    assert.match(JSON.stringify(details), /redo: 2 × updateSearchIndex.*erin.*snapshot of 3:00/);
  });

  test('starts nothing twice for a request, and one more redo for another request', async () => {
    const id = await finished();
    const first = await again('clearCaches');
    assert.deepEqual([first.started, first.already], [1, 0]);
    const repeated = await goOn(first);
    assert.deepEqual([repeated.started, repeated.already], [0, 1]);
    const second = await again('clearCaches');
    assert.deepEqual([second.started, second.already], [1, 0]);
    await stage.handle(`${id}/redo-2`).result();
    const both = await Promise.all([goOn(first), goOn(second)]);
    assert.deepEqual(
      both.map(({ started, already }) => [started, already]),
      [
        [0, 1],
        [0, 1],
      ],
    );
    await assert.rejects(stage.handle(`${id}/redo-3`).describe());
  });

  test('given several people who ask at the same time, then each request has one redo', async () => {
    const id = await finished();
    const until = new Date().toISOString();
    const ask = (since: string) => again('clearCaches', '--since', since, '--until', until);
    const [earlier, later] = ['2026-01-01T00:00Z', '2026-01-02T00:00Z'];
    const all = await Promise.all([earlier, later, earlier, later].map(ask));
    assert.equal(
      all.reduce((sum, { started }) => sum + started, 0),
      2,
    );
    assert.equal(
      all.reduce((sum, { already }) => sum + already, 0),
      2,
    );
    await stage.handle(`${id}/redo-1`).result();
    await stage.handle(`${id}/redo-2`).result();
    await assert.rejects(stage.handle(`${id}/redo-3`).describe());
    assert.equal(stage.acts.done.clearCaches.length, 3 * pairs.length);
  });

  test('sends messages again only if it is asked for them, with the keys that they had', async () => {
    const id = await finished();
    const sent = stage.acts.done.notifyUsers.map(({ key }) => key).sort();
    await again('clearCaches');
    await stage.handle(`${id}/redo-1`).result();
    assert.equal(stage.acts.done.notifyUsers.length, sent.length);
    stage.startAfresh();
    await again('notifyUsers');
    await stage.handle(`${id}/redo-2`).result();
    assert.deepEqual(stage.acts.done.notifyUsers.map(({ key }) => key).sort(), sent);
  });

  test('leaves an open delivery out and says so; asked again once it is finished, it does it', async () => {
    stage.break('clearCaches');
    const id = await stage.deliver(pairs);
    await stage.waiting(id);
    const early = await again('updateSearchIndex');
    assert.deepEqual([early.code, early.found, early.started, early.open], [0, 0, 0, 1]);
    stage.broken.clear();
    await stage.act('retry', id);
    await stage.ended('Completed', id);
    const late = await goOn(early);
    assert.deepEqual([late.started, late.open], [1, 0]);
  });

  test('given a delivery that was abandoned and retried, then its newest state counts, once', async () => {
    const id = await stage.abandoned(pairs);
    const before = await again('updateSearchIndex');
    assert.deepEqual([before.found, before.started, before.nothing], [1, 0, 1]);
    // The other side effects are done.
    assert.equal((await again('clearCaches')).started, 1);
    assert.ok(
      (await stage.failed()).includes(deliveryIdOf(id)),
      'a redo of another side effect settles nothing',
    );
    stage.broken.clear();
    await stage.act('retry', id);
    await stage.ended('Completed', `${id}/retry-1`);
    const after = await again('updateSearchIndex');
    assert.deepEqual([after.found, after.started, after.pairs], [1, 1, 2]);
    await stage.handle(`${id}/redo-2`).result();
  });

  test('given that a part was dismissed, then only the rest is done again', async () => {
    stage.break('updateSearchIndex', 'carol');
    const id = await stage.deliver(pairs);
    await stage.waiting(id);
    await stage.act('dismiss', id, '--reason', 'gone');
    await stage.ended('Completed', id);
    stage.startAfresh();
    const done = await again('updateSearchIndex');
    assert.deepEqual([done.started, done.pairs], [1, 1]);
    await stage.handle(`${id}/redo-1`).result();
    assert.deepEqual(pairsDone(stage.acts.done.updateSearchIndex), [`${account} → bob`]);
  });

  test('finds nothing outside of its times, nor of other accounts', async () => {
    const id = await finished();
    const { startTime } = await stage.handle(id).describe();
    const before = new Date(startTime.getTime() - 1).toISOString();
    assert.equal((await again('clearCaches', '--until', before)).found, 0);
    assert.equal((await again('clearCaches', '--since', '0')).found, 0);
    assert.equal((await again('clearCaches', '--account', `${account}x`)).found, 0);
    assert.equal((await again('clearCaches', '--account', account.toUpperCase())).found, 0);
  });

  test('without Temporal’s memory of the first workflow and the first redo, no redo gets an id that was taken', async () => {
    const retried = await stage.deliver(pairs, {}, '/retry-1');
    await stage.ended('Completed', retried);
    const id = retried.replace('/retry-1', '');
    await again('clearCaches');
    await stage.ended('Completed', `${id}/redo-1`);
    const second = await again('clearCaches');
    await stage.ended('Completed', `${id}/redo-2`);
    await stage.temporal.client.workflowService.deleteWorkflowExecution({
      namespace: stage.temporal.settings.namespace,
      workflowExecution: { workflowId: `${id}/redo-1` },
    });
    await until('it to be gone', () => isGone(`${id}/redo-1`), DELETED_MS);
    assert.deepEqual([(await goOn(second)).already], [1]);
    assert.equal((await again('clearCaches')).started, 1);
    await stage.handle(`${id}/redo-3`).result();
  });

  test('wrong usage ends with 2: no effect, no time, a time without a zone, times in the wrong order, nobody to ask', async () => {
    const base = ['redo', '--effect', 'clearCaches', '--since', '1h'];
    for (const [args, message] of [
      [['redo', '--since', '1h', '--yes'], /--effect/],
      [['redo', '--effect', 'clearCaches', '--yes'], /--since/],
      [[...base, '--until', '2026-01-01T00:00', '--yes'], /a time with its zone/],
      [[...base, '--until', '2h', '--yes'], /--since: it is after --until/],
      [[...base, '--until', '2999-01-01T00:00Z', '--yes'], /--until: it is in the future/],
      [base, /add --yes, or --dry-run/],
    ] as const) {
      const { code, stderr } = await stage.unfriend(...args);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
  });
});

describe('a redo that parks', () => {
  test('is listed, retried, dismissed and shown by its own name, apart from its delivery', async () => {
    const id = await finished();
    const name = `${deliveryIdOf(id)}/redo-1`;
    stage.break('updateSearchIndex');
    await again('updateSearchIndex');
    await stage.waiting(`${id}/redo-1`);
    assert.deepEqual(
      (await stage.failed()).filter((each) => each.startsWith(deliveryIdOf(id))),
      [name],
    );
    assert.deepEqual(resultsOf(await stage.act('retry', deliveryIdOf(id))), [['nothing', undefined]]);
    const of = await stage.json<Status>('status', deliveryIdOf(id));
    assert.equal(of.document.status, 'Done');
    assert.deepEqual(
      of.document.redos.map(({ workflowId, effect, status }) => [workflowId, effect, status]),
      [[`${id}/redo-1`, 'updateSearchIndex', 'NeedsAttention']],
    );
    const text = await stage.unfriend('status', deliveryIdOf(id));
    assert.match(
      text.stdout,
      new RegExp(`updateSearchIndex again, in ${name}: NeedsAttention, workflow RUNNING`),
    );
    const own = await stage.json<Status>('status', name);
    assert.deepEqual(
      [own.document.deliveryId, own.document.status, own.document.redos],
      [name, 'NeedsAttention', []],
    );
    stage.broken.clear();
    const retried = await stage.act('retry', name);
    assert.deepEqual(
      retried.document.deliveries.map(({ deliveryId, result }) => [deliveryId, result]),
      [[name, 'retried']],
    );
    await stage.handle(`${id}/redo-1`).result();
  });

  test('given that it was terminated, then it is retried and dismissed as a workflow of its own', async () => {
    const id = await finished();
    const name = `${deliveryIdOf(id)}/redo-1`;
    stage.break('updateSearchIndex');
    await again('updateSearchIndex');
    await stage.waiting(`${id}/redo-1`);
    await stage.handle(`${id}/redo-1`).terminate('test');
    await stage.ended('Terminated', `${id}/redo-1`);
    assert.deepEqual(
      (await stage.failed()).filter((each) => each.startsWith(deliveryIdOf(id))),
      [name],
    );
    stage.broken.clear();
    const { document } = await stage.act('retry', name);
    assert.deepEqual(
      [document.deliveries[0]?.result, document.deliveries[0]?.workflowId],
      ['started', `${id}/redo-1/retry-1`],
    );
    await stage.ended('Completed', `${id}/redo-1/retry-1`);
    await assert.rejects(stage.handle(`${id}/retry-1`).describe());
    await until('it to be settled', async () => !(await stage.failed()).includes(name));
    const { document: status } = await stage.json<Status>('status', deliveryIdOf(id));
    assert.deepEqual(
      status.redos.map(({ workflowId, effect, status }) => [workflowId, effect, status]),
      [[`${id}/redo-1/retry-1`, 'updateSearchIndex', 'Done']],
    );
    // The delivery itself is what a later request does again.
    const later = await again('updateSearchIndex');
    assert.deepEqual([later.found, later.started], [1, 1]);
    await stage.handle(`${id}/redo-2`).result();
  });
});
