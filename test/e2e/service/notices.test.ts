import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NOTICE_GIVEN, noticeWorkflowId } from '../../../workflows/contract.ts';
import { ChatDouble } from '../../support/doubles/chat.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { TestRedis } from '../../support/servers/redis.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const TASK_QUEUE = 'notices';

/** Temporal is asked every 20 s, and a worker that starts on a busy machine takes its time. */
const TOLD_WITHIN_MS = 120_000;

let temporal: TestTemporal;
let redis: TestRedis;
let chat: ChatDouble;
const folders = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
const running: UnfriendProcess[] = [];

before(async () => {
  [temporal, redis, chat] = await Promise.all([startTestTemporal(), TestRedis.start(), ChatDouble.start()]);
});
after(async () => {
  await Promise.all(running.map((process) => process.kill()));
  await Promise.all([temporal.stop(), redis.stop(), chat.stop()]);
  for (const folder of folders) folder.remove();
});

function settings(more: ProcessSettings = {}): ProcessSettings {
  return {
    ...FREE_PORTS,
    TASK_QUEUE,
    TEMPORAL_ADDRESS: temporal.settings.connectionOptions.address ?? '',
    // Redis knows no such user, so the side effect is parked at once.
    CACHE_URL: redis.url.replace('//', '//nobody:wrong@'),
    SEARCH_URL: 'embedded',
    NOTIFY_URL: 'embedded',
    NOTICE_URL: chat.url,
    NOTICE_AFTER: '3s',
    ...more,
  };
}

/** Without those of the start, when no worker polls yet and a delivery waits for Temporal on a busy machine. */
const told = () => chat.taken.filter(({ body }) => body.condition === 'needs-person');

test('with three receivers and three workers, a parked delivery gives one notice and one end', async () => {
  for (const folder of folders) {
    running.push(new UnfriendProcess(['serve'], settings({ DATA_DIR: folder.path })));
    running.push(new UnfriendProcess(['work'], settings()));
  }
  const [first] = running;
  const { url } = (await first?.log('taking callbacks')) ?? {};
  const requestId = 'told-of-once';
  const answer = await postSigned(String(url), { requestId, pairs: pairsOf(['alice', 'bob']) });
  assert.equal(answer.status, 200);
  await until('the notice', () => told().length > 0, TOLD_WITHIN_MS);

  const dismissal = new UnfriendProcess(['dismiss', requestId, '--reason', 'told'], settings());
  assert.equal(await dismissal.exit(), 0, dismissal.stderr);
  const workflowId = noticeWorkflowId(TASK_QUEUE, 'needs-person');
  await until(
    'the end of the notice',
    async () => (await temporal.client.workflow.getHandle(workflowId).describe()).status.name === 'COMPLETED',
    TOLD_WITHIN_MS,
  );

  assert.deepEqual(
    told().map(({ body }) => [body.condition, body.state]),
    [
      ['needs-person', 'began'],
      ['needs-person', 'ended'],
    ],
  );
  const text = String(told()[0]?.body.text);
  assert.match(text, /^Parked pairs: clearCaches 1\.$/m);
  assert.match(text, /^Deliveries by failure: Unauthorized 1\.$/m);
  assert.doesNotMatch(JSON.stringify(chat.taken), /alice|bob/);
  const logs = running.map(({ stderr }) => stderr).join('');
  assert.doesNotMatch(logs, /s3cr3t/, 'the address of the chat is a secret');
  await until('the list of Temporal', async () => {
    const { count } = await temporal.client.workflow.count(
      `WorkflowType="${NOTICE_GIVEN}" AND WorkflowId="${workflowId}"`,
    );
    return count === 1;
  });
});
