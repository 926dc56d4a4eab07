import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { ChatWebhook } from '../../../src/notices/chat.ts';
import { composeNotice } from '../../../src/notices/compose-notice.ts';
import { ChatDouble } from '../../support/doubles/chat.ts';

const NOTICE = composeNotice(
  {
    condition: 'needs-person',
    state: 'began',
    since: Date.UTC(2026, 10, 25, 8),
    sightings: [{ source: 'worker-0', since: Date.UTC(2026, 10, 25, 8), facts: { parked: 3, abandoned: 1 } }],
  },
  {
    link: 'http://127.0.0.1:8233/list',
    attention: {
      open: 3,
      paused: 0,
      closed: 1,
      parked: { updateSearchIndex: 30, clearCaches: 0 },
      errors: { Unreachable: 3 },
    },
  },
);

let chat: ChatDouble;
beforeEach(async () => {
  chat = await ChatDouble.start();
});
afterEach(() => chat.stop());

async function send(as?: string): Promise<Record<string, unknown> | undefined> {
  const webhook = new ChatWebhook(chat.url, as);
  try {
    await webhook.send(NOTICE);
  } finally {
    await webhook.close();
  }
  return chat.taken.at(-1)?.body;
}

describe('a notice', () => {
  test('says what is wrong, since when, how much, where to look and what to type', () => {
    assert.equal(
      NOTICE.text,
      [
        'Unfriend: deliveries need a person (since 2026-11-25T08:00:00Z).',
        '4 deliveries: 3 wait, 1 ended with side effects undone.',
        'Parked pairs: updateSearchIndex 30.',
        'Deliveries by failure: Unreachable 3.',
        'In the Temporal UI: http://127.0.0.1:8233/list',
        'Command: npx unfriend failed',
      ].join('\n'),
    );
  });

  test('of several receivers names them and adds up what they saw', () => {
    const since = Date.UTC(2026, 10, 25, 8);
    const sightings = ['receiver-0', 'receiver-1'].map((source) => ({
      source,
      since,
      facts: { unavailable: 2 },
    }));
    const { text } = composeNotice(
      { condition: 'callbacks-refused', state: 'began', since, sightings },
      { link: 'http://ui' },
    );
    assert.match(text, /^Counted: unavailable 4\.$/m);
    assert.match(text, /^Seen by receiver-0, receiver-1\.$/m);
  });

  test('of the end says from when to when', () => {
    const since = Date.UTC(2026, 10, 25, 8);
    const { text, until } = composeNotice(
      { condition: 'no-worker', state: 'ended', since, until: since + 600_000, sightings: [] },
      { link: 'http://ui' },
    );
    assert.equal(text, 'Unfriend: workers run again (2026-11-25T08:00:00Z to 2026-11-25T08:10:00Z).');
    assert.equal(until, '2026-11-25T08:10:00.000Z');
  });
});

describe('NOTICE_URL', () => {
  test('of Slack gets a text', async () => {
    assert.deepEqual(await send('hooks.slack.com'), { text: NOTICE.text });
  });

  for (const host of ['qyapi.weixin.qq.com', 'oapi.dingtalk.com']) {
    test(`of ${host} gets a text message, and an errcode in the answer is a refusal`, async () => {
      chat.answer = { status: 200, body: '{"errcode":0,"errmsg":"ok"}' };
      assert.deepEqual(await send(host), { msgtype: 'text', text: { content: NOTICE.text } });
      chat.answer = { status: 200, body: '{"errcode":45009,"errmsg":"api freq out of limit"}' };
      await assert.rejects(send(host), /did not take the notice: 45009 api freq out of limit/);
    });
  }

  for (const host of ['open.feishu.cn', 'open.larksuite.com']) {
    test(`of ${host} gets a text message, and a code in the answer is a refusal`, async () => {
      chat.answer = { status: 200, body: '{"code":0,"msg":"success","data":{}}' };
      assert.deepEqual(await send(host), { msg_type: 'text', content: { text: NOTICE.text } });
      chat.answer = { status: 200, body: '{"code":19024,"msg":"Key Words Not Found"}' };
      await assert.rejects(send(host), /19024 Key Words Not Found/);
    });
  }

  test('of any other host gets the whole notice as JSON', async () => {
    assert.deepEqual(await send(), { type: 'unfriend.notice', ...NOTICE });
    assert.equal(chat.taken[0]?.path, '/hook?key=s3cr3t');
  });

  test('given an answer without an end, then it is not read to its end, and the notice counts as taken', async () => {
    chat.answer = { status: 200, body: 'x'.repeat(200_000), isEndless: true };
    assert.ok(await send());
    assert.equal(chat.taken.length, 1);
  });

  test('an answer other than 2xx, and no answer, are refusals that do not repeat the address', async () => {
    chat.answer = { status: 500, body: '' };
    const refused = (reason: RegExp) => (error: Error) =>
      reason.test(error.message) && !error.message.includes('s3cr3t');
    await assert.rejects(send(), refused(/HTTP 500/));
    await chat.stop();
    const gone = new ChatWebhook('http://127.0.0.1:1/hook?key=s3cr3t');
    await assert.rejects(gone.send(NOTICE), refused(/ECONNREFUSED/));
    await gone.close();
  });
});
