import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { runUnfriend } from '../../support/servers/process.ts';
import { AttentionStage, deliveryIdOf } from '../../support/stages/attention-stage.ts';
import { until } from '../../support/until.ts';

type Row = {
  deliveryId: string;
  workflowId: string;
  execution: string;
  since: string;
  pairs: number;
  parked: Record<string, number> | null;
  errors: { type: string; message: string; count: number }[] | null;
};
type Counts = { open: number; closed: number };
type Document = Counts & { leftOut: Counts; link: string; deliveries: Row[] };

let stage: AttentionStage;
const ids: Record<'search' | 'cache' | 'fine' | 'abandoned' | 'terminated', string> = {} as never;
before(async () => {
  stage = await AttentionStage.start();
  stage.break('updateSearchIndex', 'search');
  stage.break('clearCaches', 'cache', 'Unauthorized');
  await stage.withWorker(async () => {
    ids.search = await stage.deliver(pairsOf(['search-1', 'bob'], ['search-1', 'carol'], ['x', 'y']));
    await stage.waiting(ids.search);
    ids.cache = await stage.deliver(pairsOf(['cache-1', 'bob']));
    await stage.waiting(ids.cache);
    ids.fine = await stage.deliver(pairsOf(['alice', 'bob']));
    ids.abandoned = await stage.deliver(pairsOf(['search-2', 'bob']), { attentionFor: 1 });
    await stage.ended('Failed', ids.abandoned);
    await stage.ended('Completed', ids.fine);
  });
  ids.terminated = await stage.deliver(pairsOf(['alice', 'bob']));
  await stage.handle(ids.terminated).terminate();
  await stage.ended('Terminated', ids.terminated);
});
after(() => stage.temporal.stop());

describe('unfriend failed', () => {
  test('given no worker, then it lists exactly what needs a person, the oldest first, with what is parked and why', async () => {
    const { code, document } = await stage.json<Document>('failed');
    assert.equal(code, 0);
    assert.deepEqual([document.open, document.closed, document.leftOut], [2, 2, { open: 0, closed: 0 }]);
    assert.deepEqual(
      document.deliveries.map(({ workflowId, execution, pairs, parked }) => ({
        workflowId,
        execution,
        pairs,
        parked,
      })),
      [
        { workflowId: ids.search, execution: 'RUNNING', pairs: 3, parked: { updateSearchIndex: 2 } },
        { workflowId: ids.cache, execution: 'RUNNING', pairs: 1, parked: { clearCaches: 1 } },
        { workflowId: ids.abandoned, execution: 'FAILED', pairs: 1, parked: { updateSearchIndex: 1 } },
        { workflowId: ids.terminated, execution: 'TERMINATED', pairs: 1, parked: null },
      ],
    );
    const [first] = document.deliveries;
    assert.deepEqual(first?.errors, [{ type: 'Rejected', message: 'updateSearchIndex is broken', count: 2 }]);
    assert.equal(first?.deliveryId, deliveryIdOf(ids.search));
    assert.ok(Math.abs(Date.parse(String(first?.since)) - Date.now()) < 120_000);
  });

  const filters: [string[], (keyof typeof ids)[]][] = [
    [['--effect', 'clearCaches'], ['cache']],
    [
      ['--effect', 'updateSearchIndex'],
      ['search', 'abandoned'],
    ],
    [['--error', 'Unauthorized'], ['cache']],
    [
      ['--error', 'rejected'],
      ['search', 'abandoned'],
    ],
    [['--error', 'Rejected', '--effect', 'clearCaches'], []],
    [['--older-than', '1h'], []],
    [['--older-than', '1ms', '--limit', '1'], ['search']],
  ];
  for (const [args, expected] of filters) {
    test(`given ${args.join(' ')}, then it lists ${expected.join(', ') || 'nothing'}`, async () => {
      assert.deepEqual(
        await stage.failed(...args),
        expected.map((name) => deliveryIdOf(ids[name])),
      );
    });
  }

  test('given a filter that matches nothing, then the command says how many deliveries it left out', async () => {
    for (const filter of [
      ['--older-than', '1h'],
      ['--error', 'Busy'],
      ['--error', 'Rejected', '--effect', 'clearCaches'],
    ]) {
      const { code, stdout } = await stage.unfriend('failed', ...filter);
      assert.equal(code, 0);
      const line = /^0 of 4 match; in all 2 wait for a person, 2 ended with side effects undone$/m;
      assert.match(stdout, line, filter.join(' '));
      const { document } = await stage.json<Document>('failed', ...filter);
      assert.deepEqual([document.open, document.closed, document.leftOut], [0, 0, { open: 2, closed: 2 }]);
    }
    const { document } = await stage.json<Document>('failed', '--effect', 'clearCaches');
    assert.deepEqual([document.open, document.closed, document.leftOut], [1, 0, { open: 1, closed: 2 }]);
  });

  test('given an unknown failure type, then the command ends with 2, and suggests a known type', async () => {
    const { code, stdout, stderr } = await stage.unfriend('failed', '--error', 'Unauthorised');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /^error: --error: there is no failure type Unauthorised.* Did you mean Unauthorized\?/,
    );
  });

  test('for people it is a table, with what to do next and a link to the same list in the Temporal UI', async () => {
    const { code, stdout } = await stage.unfriend('failed', '--limit', '3');
    assert.equal(code, 0);
    assert.match(stdout, /^2 wait for a person, 2 ended with side effects undone$/m);
    assert.match(stdout, /^DELIVERY +AGE +STATE +PAIRS +PARKED +FIRST ERROR$/m);
    const row = `^${deliveryIdOf(ids.search)} +\\S+ +open +3 +updateSearchIndex 2 +Rejected: updateSearchIndex`;
    assert.match(stdout, new RegExp(row, 'm'));
    assert.match(stdout, /^and 1 more: see --limit$/m);
    assert.match(stdout, /unfriend retry .*unfriend dismiss /s);
    const link = new URL(String(stdout.match(/http\S+/)?.[0]));
    assert.equal(link.pathname, `/namespaces/${stage.temporal.settings.namespace}/workflows`);
    const query = String(link.searchParams.get('query'));
    const listed: string[] = [];
    for await (const { workflowId } of stage.temporal.client.workflow.list({ query }))
      listed.push(workflowId);
    assert.deepEqual(listed.sort(), [ids.search, ids.cache, ids.abandoned, ids.terminated].sort());
  });

  test('given a reset in the Temporal UI, then what goes on in a new run is not listed', async () => {
    await stage.reset(ids.abandoned);
    await until(
      'it not to be listed',
      async () => !(await stage.failed()).includes(deliveryIdOf(ids.abandoned)),
    );
  });

  test('given a namespace that is not there, then it says so in a line, and ends with 1', async () => {
    const TEMPORAL_ADDRESS = String(stage.temporal.settings.connectionOptions.address);
    const { code, stderr } = await runUnfriend(['failed'], {
      TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: 'nowhere',
    });
    assert.equal(code, 1);
    assert.match(stderr, /^[^\n]*nowhere[^\n]*Check TEMPORAL_NAMESPACE\.\n$/);
  });

  test('given deliveries that are retried by themselves, then it says how many, since when and why', async () => {
    type Retrying = { retrying: { count: number; oldest: { cause: object | null } | null } };
    stage.break('clearCaches', 'slow', 'Unreachable');
    await stage.withWorker(async () => {
      const id = await stage.deliver(pairsOf(['slow', 'bob']));
      await until('a delivery in the list of what is retried', async () => {
        const { count } = await stage.temporal.client.workflow.count(
          `WorkflowId="${id}" AND UnfriendStatus="Retrying"`,
        );
        return count === 1;
      });
      const { stdout } = await stage.unfriend('failed');
      assert.match(
        stdout,
        /^1 more is being retried, the oldest since \d+m?s \(clearCaches: Unreachable\)$/m,
      );
      const { document } = await stage.json<Retrying>('failed');
      assert.deepEqual(document.retrying.oldest?.cause, { sideEffect: 'clearCaches', error: 'Unreachable' });
    });
    const { document } = await stage.json<Retrying>('failed');
    assert.deepEqual([document.retrying.count, document.retrying.oldest?.cause], [1, null], 'no worker');
  });
});
