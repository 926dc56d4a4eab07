import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { ReconcileReport } from '../../../workflows/contract.ts';
import { TENCENT, TencentChatServer } from '../../support/doubles/tencent-chat.ts';
import { differences, documentedJson } from '../../support/inputs/documented-json.ts';
import { readPage, sectionOf } from '../../support/inputs/markdown.ts';
import { SearchApi } from '../../support/search-api.ts';
import { startTestOpenSearch } from '../../support/servers/open-search.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import {
  startTestTemporal,
  type TestTemporal,
  temporalCli,
  temporaryFolder,
} from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const USERS = 100;
const FRIENDS = 100;
const LOST = 300;
const FRIEND_CHECK = 'v4/sns/friend_check';
const HOUR = 3_600_000;

type Printed = ReconcileReport & { workflow: { workflowId: string } };

describe('unfriend reconcile on an index of 10,000 pairs, of which 300 ended and their callbacks were lost', () => {
  const index = `friends-reconcile-${process.pid}`;
  const folder = temporaryFolder();
  let temporal: TestTemporal;
  let tencent: TencentChatServer;
  let search: SearchApi;
  let stopSearch: () => Promise<void>;
  let settings: Record<string, string>;
  let worker: UnfriendProcess;
  const all: string[] = [];
  const lost: string[] = [];

  before(async () => {
    const [server] = await Promise.all([
      startTestOpenSearch(),
      startTestTemporal().then((started) => {
        temporal = started;
      }),
      TencentChatServer.start().then((started) => {
        tencent = started;
      }),
    ]);
    stopSearch = () => server.stop();
    search = new SearchApi(server.url);
    await search.createIndex(index, { number_of_shards: 3 });
    for (let user = 0; user < USERS; user += 1) {
      for (let friend = 0; friend < FRIENDS; friend += 1) {
        const [from, to] = [`user-${user}`, `friend-${friend}`];
        const isLost = (user * FRIENDS + friend) % 33 === 0 && lost.length < LOST;
        all.push(`${from}:${to}`);
        if (isLost) lost.push(`${from}:${to}`);
        else tencent.friendLists.add(from, to);
      }
    }
    await search.indexAll(index, all, Date.now() - HOUR);
    await search.ask('POST', `${index}/_refresh`);
    // The vendor refuses the 51st call within a second.
    tencent.rateLimit = 50;
    settings = {
      ...FREE_PORTS,
      TASK_QUEUE: `reconcile-${process.pid}`,
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      SDK_APP_ID: TENCENT.sdkAppId,
      CACHE_URL: 'off',
      SEARCH_URL: server.url,
      SEARCH_INDEX: index,
      NOTIFY_URL: 'off',
      TENCENT_DOMAIN: tencent.url,
      TENCENT_SECRET_KEY: TENCENT.secretKey,
    };
    worker = new UnfriendProcess(['work'], settings);
    await worker.log('working');
  });
  beforeEach(() => {
    tencent.requests.length = 0;
  });
  after(async () => {
    await worker.kill();
    await search.ask('DELETE', index).catch(() => undefined);
    await Promise.all([temporal.stop(), tencent.close(), stopSearch()]);
    folder.remove();
  });

  async function reconcile(...args: string[]): Promise<Printed> {
    const { code, stdout, stderr } = await runUnfriend(['reconcile', ...args, '--json'], settings);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Printed;
  }

  const remaining = async () => (await search.allIds(index)).sort();
  const wanted = () => {
    const gone = new Set(lost);
    return all.filter((id) => !gone.has(id)).sort();
  };

  test('a dry run says 300 and starts nothing', async () => {
    const report = await reconcile('--from-index', '--dry-run', '--rate', '40');
    const { total, documents, pairs, ended, started, failed } = report;
    assert.deepEqual([total, documents, pairs, ended, started, failed], [10_000, 10_000, 10_000, LOST, 0, 0]);
    assert.deepEqual(differences(report, documentedJson('reconcile')[0]), []);
    assert.equal((await remaining()).length, 10_000);
    assert.equal(tencent.callsOf(FRIEND_CHECK).length, 100, 'one call per account, and none was refused');
  });

  test('given a worker that is killed in the middle, then a run starts exactly those 300; their documents go, and no others', async () => {
    const running = reconcile('--from-index', '--rate', '40', '--yes');
    await until('some of them to be started', () => tencent.requests.length >= 30);
    await worker.kill();
    worker = new UnfriendProcess(['work'], settings);
    const { ended, started, alreadyStarted, failed } = await running;
    // What was started after the last heartbeat is found started.
    assert.deepEqual([ended, started + alreadyStarted, failed], [LOST, LOST, 0]);
    const asked = tencent.requests.length;
    assert.ok(asked > 100 && asked < 200, `${asked} calls: the run went on from where it was`);
    const isOver = async () => (await remaining()).length === all.length - LOST;
    await until('300 documents to be deleted', isOver, 60_000);
    assert.deepEqual(await remaining(), wanted());
  });

  test('run again, it finds and starts nothing', async () => {
    const report = await reconcile('--from-index', '--rate', '40', '--yes');
    assert.deepEqual([report.pairs, report.ended, report.started], [all.length - LOST, 0, 0]);
  });

  test('given documents that came back from an old snapshot on the same day, then their deliveries are not started again', async () => {
    const [one = '', other = ''] = lost;
    for (const id of [one, other]) await search.index(index, id);
    await search.ask('POST', `${index}/_refresh`);
    const from = one.split(':')[0] ?? '';
    const file = join(folder.path, 'accounts.txt');
    writeFileSync(file, `${from}\n\n${from}\r\n${other.split(':')[0]}\n`);
    const report = await reconcile('--accounts-from', file, '--yes');
    assert.deepEqual([report.ended, report.started, report.alreadyStarted], [2, 0, 2]);
    const byAccount = await reconcile('--account', from, '--dry-run');
    assert.equal(byAccount.accounts, 1);
    assert.ok(byAccount.pairs < 2 * FRIENDS, `${byAccount.pairs} pairs`);
    await search.deleteAll(index, [one, other]);
    // The next test reads the index as a search sees it.
    await search.ask('POST', `${index}/_refresh`);
  });

  test('the recipe of docs/operations.md makes a schedule that runs it', async () => {
    tencent.rateLimit = 200;
    const section = sectionOf(readPage('docs', 'operations.md'), 'A callback was lost');
    const [, recipe = ''] = /```sh\n(temporal schedule create[\s\S]*?)```/.exec(section) ?? [];
    const scheduled = recipe
      .replace(/^temporal/, `'${temporalCli()}'`)
      .replaceAll('<SDKAppID>', TENCENT.sdkAppId)
      .replace('--task-queue unfriend', `--task-queue ${settings.TASK_QUEUE}`)
      .trim();
    const { TEMPORAL_ADDRESS = '', PATH = process.env.PATH ?? '' } = settings;
    const { namespace } = temporal.settings;
    const run = (command: string) =>
      execFileSync('sh', ['-c', `${command} --address ${TEMPORAL_ADDRESS} --namespace ${namespace}`], {
        env: { ...process.env, PATH },
      });
    run(scheduled);
    const handle = temporal.client.schedule.getHandle('unfriend-reconcile');
    try {
      await handle.trigger();
      const started = await until('the schedule to start a run', async () => {
        const { recentActions } = (await handle.describe()).info;
        return recentActions.find(({ action }) => action.type === 'startWorkflow');
      });
      const { workflowId } = started.action.workflow;
      const report: ReconcileReport = await temporal.client.workflow.getHandle(workflowId).result();
      assert.deepEqual([report.status, report.ended], ['Done', 0]);
    } finally {
      await handle.delete();
    }
  });

  test('wrong usage is told before anything is asked', async () => {
    for (const [args, message] of [
      [['--dry-run'], /give one of --account, --accounts-from and --from-index/],
      [['--from-index', '--account', 'alice', '--yes'], /give one of/],
      [['--from-index'], /add --yes, or --dry-run/],
    ] as const) {
      const { code, stderr } = await runUnfriend(['reconcile', ...args], settings);
      assert.equal(code, 2, stderr);
      assert.match(stderr, message);
    }
    const file = join(folder.path, 'wrong.txt');
    writeFileSync(file, `alice\n${'x'.repeat(33)}\n`);
    const { code, stderr } = await runUnfriend(['reconcile', '--accounts-from', file, '--yes'], settings);
    assert.equal(code, 1);
    assert.match(stderr, /wrong\.txt, line 2: expected a UserID/);
  });

  test('given a worker without a search index, then the command fails, and says what to set', async () => {
    const elsewhere = { ...settings, TASK_QUEUE: `no-search-${process.pid}`, SEARCH_URL: 'off' };
    const another = new UnfriendProcess(['work'], elsewhere);
    try {
      await another.log('working');
      const args = ['reconcile', '--account', 'alice', '--yes'];
      const { code, stderr } = await runUnfriend(args, elsewhere);
      assert.equal(code, 1, stderr);
      assert.match(stderr, /SEARCH_URL is off on this worker: set it to the index to check/);
    } finally {
      await another.kill();
    }
  });
});
