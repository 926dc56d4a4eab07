import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { WorkflowNotFoundError } from '@temporalio/client';
import { largestPairs, pairsOf } from '../../support/inputs/deliveries.ts';
import { differences, documentedJson } from '../../support/inputs/documented-json.ts';
import { TemporalProxy } from '../../support/servers/temporal-proxy.ts';
import { NO_TERMINAL, UnfriendOnTerminal } from '../../support/servers/terminal.ts';
import { AccountStage, payloadKey } from '../../support/stages/account-stage.ts';
import { workflowInput } from '../../support/stages/worker.ts';
import { until } from '../../support/until.ts';

type Document = {
  dryRun: boolean;
  temporal: {
    closed: number;
    open: number;
    runs: number;
    deletedRuns: number;
    stillThere: number;
    failed: number;
    retentionSeconds: number | null;
  };
  journal: {
    pending: number;
    quarantined: number;
    discarded: number;
    damaged: number;
    locked: number;
  } | null;
  notSearchable: { cut: number; notIndexed: number; relayed: number; reconciled: number };
};

const KEY = payloadKey('k1');
const SETTINGS = { PAYLOAD_KEYS: KEY };

const FLAGS = [
  // So many events, where a server's own limit is 4,096: a small delivery continues as new.
  'limit.historyCount.suggestContinueAsNew=60',
  // A server deletes only what it has noted as closed. By default that takes it up to a minute.
  'history.transferProcessorUpdateAckInterval="1s"',
  'history.visibilityProcessorUpdateAckInterval="1s"',
].flatMap((value) => ['--dynamic-config-value', value]);

let stage: AccountStage;
before(async () => {
  stage = await AccountStage.start({ flags: FLAGS });
});
after(() => stage.stop());

const erase = (args: string[], settings: Record<string, string> = SETTINGS) =>
  stage.json<Document>(['erase', ...args], settings);

/** The ids of all runs that Temporal lists for these workflows, open or closed. */
async function runsOf(...workflowIds: string[]): Promise<{ workflowId: string; runId: string }[]> {
  const runs: { workflowId: string; runId: string }[] = [];
  const query = `WorkflowId IN (${workflowIds.map((id) => `"${id}"`).join(', ')})`;
  for await (const { workflowId, runId } of stage.deliveries.temporal.client.workflow.list({ query }))
    runs.push({ workflowId, runId });
  return runs;
}

async function isGone({ workflowId, runId }: { workflowId: string; runId: string }): Promise<boolean> {
  try {
    await stage.deliveries.temporal.client.workflow.getHandle(workflowId, runId).describe();
    return false;
  } catch (error) {
    assert.ok(error instanceof WorkflowNotFoundError, String(error));
    return true;
  }
}

async function closed(pair: [string, string]): Promise<string> {
  const id = await stage.deliveries.deliver(pairsOf(pair));
  await stage.deliveries.handle(id).terminate();
  await stage.deliveries.ended('Terminated', id);
  return id;
}

describe('unfriend erase', () => {
  test('given closed deliveries of every kind, then nothing of them is in Temporal afterwards, and what is open stays', async () => {
    const { deliveries } = stage;
    const ids: Record<string, string> = {};
    const many = Array.from({ length: 12 }, (_, index): [string, string] => ['alice', `friend-${index}`]);
    await deliveries.withWorker(async () => {
      ids.done = await deliveries.deliver(pairsOf(['alice', 'bob']));
      ids.hashed = await stage.deliver(workflowInput(pairsOf(['alice', 'bob'])), { key: KEY });
      ids.continued = await deliveries.deliver(pairsOf(...many));
      ids.others = await deliveries.deliver(pairsOf(['alice2', 'bob'], ['Alice', 'bob']));
      await deliveries.ended('Completed', ids.done, ids.hashed, ids.continued, ids.others);
      ids.abandoned = await deliveries.abandoned(pairsOf(['alice', 'carol']));
      ids.retriedOpen = await deliveries.abandoned(pairsOf(['alice', 'parked']));
      deliveries.startAfresh();
      await deliveries.act('retry', ids.abandoned);
      await deliveries.ended('Completed', `${ids.abandoned}/retry-1`);
      deliveries.break('updateSearchIndex', 'parked');
      ids.parked = await deliveries.deliver(pairsOf(['parked', 'alice']));
      await deliveries.waiting(ids.parked);
      deliveries.startAfresh();
    });
    // Without a worker it stays open.
    await deliveries.act('retry', ids.retriedOpen ?? '');
    const { retriedOpen = '', abandoned = '', continued = '', others = '', parked = '' } = ids;
    await until('the retry to be listed', async () => (await runsOf(`${retriedOpen}/retry-1`)).length === 1);

    const doomed = await runsOf(
      ids.done ?? '',
      ids.hashed ?? '',
      continued,
      abandoned,
      `${abandoned}/retry-1`,
    );
    assert.ok(doomed.length >= 6, 'one of them has several runs');
    const staying = await runsOf(others, parked, retriedOpen, `${retriedOpen}/retry-1`);
    assert.equal(staying.length, 4);

    const dry = await erase(['alice', '--dry-run']);
    assert.deepEqual([dry.code, dry.document.dryRun, dry.document.temporal.deletedRuns], [0, true, 0]);
    assert.deepEqual([dry.document.temporal.closed, dry.document.temporal.runs], [4, doomed.length]);
    assert.equal((await runsOf(continued)).length, doomed.length - 4, 'a dry run deletes nothing');

    const { code, document, stderr } = await erase(['alice', '--yes']);
    assert.equal(code, 0, stderr);
    const { temporal } = document;
    assert.deepEqual(
      [temporal.closed, temporal.open, temporal.runs, temporal.deletedRuns, temporal.stillThere],
      [4, 2, doomed.length, doomed.length, 0],
    );
    assert.equal(temporal.retentionSeconds, 86_400);
    for (const run of doomed) assert.ok(await isGone(run), run.workflowId);
    assert.deepEqual(await runsOf(...doomed.map(({ workflowId }) => workflowId)), []);
    for (const run of staying) assert.ok(!(await isGone(run)), run.workflowId);

    const again = await erase(['alice', '--yes']);
    assert.deepEqual([again.code, again.document.temporal.runs, again.document.temporal.open], [0, 0, 2]);
  });

  test('given a closed delivery that is open again in a redo, then it stays until the redo has ended, and then both go', async () => {
    const { deliveries } = stage;
    const id = await closed(['redone', 'bob']);
    const input = workflowInput(pairsOf(['redone', 'bob']));
    const [, , deliveryId = ''] = id.split('/');
    const delivery = { ...input.delivery, deliveryId: `${deliveryId}/redo-1` };
    const redo = await stage.deliver({ ...input, delivery });
    await until('the redo to be listed', async () => (await runsOf(redo)).length === 1);
    const open = await erase(['redone', '--yes']);
    assert.deepEqual([open.document.temporal.open, open.document.temporal.deletedRuns], [1, 0]);
    assert.equal((await runsOf(id, redo)).length, 2);
    const { stdout } = await stage.unfriend(['find', 'redone']);
    assert.match(stdout, new RegExp(`^${deliveryId}/redo-1 +Temporal +open`, 'm'));

    await deliveries.handle(redo).terminate();
    await deliveries.ended('Terminated', redo);
    const { document } = await erase(['redone', '--yes']);
    assert.deepEqual([document.temporal.closed, document.temporal.deletedRuns], [1, 2]);
    assert.deepEqual(await runsOf(id, redo), []);
  });

  test('given a journal and a quarantine, then what is pending stays, and of the quarantine only entries of others are left', async () => {
    await stage.journal('waiting', ['journaled', 'frank']);
    await stage.quarantine('never', ['frank', 'journaled']);
    await stage.quarantineRaw('{"PairList":{"To_Account":"journaled"}}');
    await stage.quarantineRaw('{"PairList":{"To_Account":"somebody else"}}');
    await stage.quarantineDamaged();
    await closed(['journaled', 'frank']);
    const dry = await stage.unfriend(['erase', 'journaled', '--dry-run'], SETTINGS);
    assert.match(dry.stderr, /in the quarantine: 2 entries that nobody has processed. They are lost then/);
    const { code, document } = await erase(['journaled', '--yes']);
    assert.equal(code, 0);
    assert.deepEqual(document.journal, { pending: 1, quarantined: 2, discarded: 2, damaged: 1, locked: 0 });
    assert.deepEqual(differences(document, documentedJson('erase')[0]), []);
    type Listed = { pending: number; quarantined: number };
    assert.deepEqual((await stage.json<Listed>(['journal'])).document.pending, 1);
    assert.deepEqual((await stage.json<Listed>(['journal', 'quarantine'])).document.quarantined, 2);
    const { document: left } = await erase(['journaled', '--yes']);
    assert.deepEqual(left.journal, { pending: 1, quarantined: 0, discarded: 0, damaged: 1, locked: 0 });
  });

  test('given what no search can show, then it says what is left, and for how long', async () => {
    await stage.deliver(workflowInput(largestPairs(100)));
    await stage.deliver(workflowInput(pairsOf(['unseen', 'bob'])), { indexAccounts: false });
    await closed(['unseen', 'bob']);
    const { code, stdout } = await stage.unfriend(['erase', 'unseen', '--yes'], SETTINGS);
    assert.equal(code, 0);
    assert.match(stdout, /^1 run deleted in Temporal, 0 entries in the quarantine$/m);
    assert.match(stdout, /^Not searched\. What Temporal has of it stays .* retention: at most 1 day:$/m);
    assert.match(stdout, /^ {2}1 delivery with more accounts than the search attribute holds$/m);
    assert.match(stdout, /^ {2}1 delivery without accounts in search attributes/m);
    assert.match(stdout, /^Not touched: .*Temporal's archive and backups, logs/m);
  });

  test('given a server that refuses deletions, then it says so in a line, ends with 1, and leaves the quarantine', async () => {
    const { temporal } = stage.deliveries;
    const id = await closed(['forbidden', 'bob']);
    await stage.quarantineRaw('{"PairList":{"To_Account":"forbidden"}}');
    const proxy = await TemporalProxy.start(String(temporal.settings.connectionOptions.address));
    try {
      const refusal = { code: status.PERMISSION_DENIED, message: 'Request unauthorized' };
      proxy.refusals.set('/DeleteWorkflowExecution', refusal);
      const settings = { ...SETTINGS, TEMPORAL_ADDRESS: proxy.address };
      const { code, stdout, stderr } = await stage.unfriend(['erase', 'forbidden', '--yes'], settings);
      assert.deepEqual([code, stdout], [1, '']);
      assert.match(
        stderr,
        /^Temporal refuses to delete workflows of the namespace default: Request unauthorized\./m,
      );
    } finally {
      await proxy.stop();
    }
    assert.equal((await runsOf(id)).length, 1);
    const { document } = await erase(['forbidden', '--yes']);
    assert.deepEqual([document.temporal.deletedRuns, document.journal?.discarded], [1, 1]);
  });

  test('given some deletions that fail, then the others are done, the command ends with 1, and a repetition does the rest', async () => {
    const { temporal } = stage.deliveries;
    for (let index = 0; index < 4; index += 1) await closed(['half-way', `friend-${index}`]);
    const proxy = await TemporalProxy.start(String(temporal.settings.connectionOptions.address));
    try {
      const refusal = { code: status.INVALID_ARGUMENT, message: 'not now', after: 2 };
      proxy.refusals.set('/DeleteWorkflowExecution', refusal);
      const { code, document } = await erase(['half-way', '--yes'], {
        ...SETTINGS,
        TEMPORAL_ADDRESS: proxy.address,
      });
      assert.deepEqual([code, document.temporal.deletedRuns, document.temporal.failed], [1, 2, 2]);
    } finally {
      await proxy.stop();
    }
    const { code, document } = await erase(['half-way', '--yes']);
    assert.deepEqual([code, document.temporal.deletedRuns, document.temporal.failed], [0, 2, 0]);
  });

  test('given a terminal, then it asks: anything but yes deletes nothing, and ends with 1', {
    skip: NO_TERMINAL,
  }, async () => {
    const account = `asked-${randomUUID().slice(0, 8)}`;
    const id = await closed([account, 'bob']);
    const TEMPORAL_ADDRESS = String(stage.deliveries.temporal.settings.connectionOptions.address);
    for (const [answer, left] of [
      ['n', 1],
      ['yes', 0],
    ] as const) {
      const running = new UnfriendOnTerminal(`erase ${account}`, {
        TEMPORAL_ADDRESS,
        DATA_DIR: stage.folder.path,
      });
      await running.line(/in Temporal: 1 delivery \(1 run\), with all accounts that they carry/);
      await running.line(/Delete it for good\? \[y\/N\]/);
      running.type(`${answer}\n`);
      assert.equal(await running.exit(), left);
      assert.equal((await runsOf(id)).length, left);
    }
  });
});
