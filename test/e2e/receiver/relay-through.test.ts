import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { RELAY_HEADER } from '../../../activities/backends/relay/relay-loop.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { headerOf } from '../../support/doubles/app-endpoint.ts';
import { type HttpAnswer, post, signedNow } from '../../support/inputs/commands.ts';
import { FREE_PORTS, runUnfriend } from '../../support/servers/process.ts';
import { type Relaying, RelayStage } from '../../support/stages/relay-stage.ts';
import { until } from '../../support/until.ts';

const BEFORE_SEND = 'C2C.CallbackBeforeSendMsg';
const OK = { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' };
const MB = 1024 * 1024;
/** Far longer than RELAY_TIMEOUT, in ms. */
const HANGS = 60_000;

let stage: RelayStage;
let relaying: Relaying;
before(async () => {
  stage = await RelayStage.start();
  relaying = await stage.start();
});
after(() => stage.stop());

function json({ body }: HttpAnswer): unknown {
  return JSON.parse(body.toString());
}

/** Status, content type and how many bytes: what the vendor takes for no answer has none of them. */
function short({ status, headers, body }: HttpAnswer) {
  return [status, headers['content-type'], body.length];
}

describe('what the endpoint gets', () => {
  test('the query string byte for byte after its own parameters, whatever the encoding', async () => {
    const odd = [
      'ClientIP=1.2.3.4&OptPlatform=iOS&x=%E5%A5%BD&x=%e5%a5%bd&y=a+b%20c',
      'pct=%&pct2=%zz&pct3=%2&empty=&novalue&&=noname&;semi=1',
      `quotes='"{}|^\`\\<>&slash=/?@:&eq=a=b==`,
      // Koa's own reading of it ends at the first of these, and encodes what comes before it anew.
      `hash='"{}#x#y`,
    ];
    for (const [index, query] of odd.entries()) {
      const text = `odd-query-${index}`;
      const { status } = await relaying.post({ command: BEFORE_SEND, query, fields: { text } });
      assert.equal(status, 200, query);
      const [{ target } = assert.fail()] = await stage.taken({ text });
      const [before = '', rest = ''] = target.split(`&contenttype=json&${query}&`);
      const own = `/im/callback?from=im&SdkAppid=${FREE_PORTS.SDK_APP_ID}&CallbackCommand=${BEFORE_SEND}`;
      assert.equal(before, own);
      assert.match(rest, /^Sign=[0-9a-f]{64}&RequestTime=\d+$/);
    }
  });

  test('the body byte for byte, whatever its JSON is made of', async () => {
    const start = `{"CallbackCommand":"${BEFORE_SEND}",`;
    for (const [index, rest] of [
      Buffer.from(` "text" :\t"好\u{1f600}\\u597d \\ud83d" ,\n "n": 1.0e+2 , "d":1,"d":2 }\r\n`),
      Buffer.from([...Buffer.from('"bytes":"'), 0xff, 0xfe, 0xc3, 0x28, 0x80, ...Buffer.from('"}')]),
      Buffer.from(`"large":"${'x'.repeat(200_000)}"}`),
    ].entries()) {
      const text = `"body":${index},`;
      const body = Buffer.concat([Buffer.from(start + text), rest]);
      const answer = await relaying.post({ command: BEFORE_SEND, body });
      assert.deepEqual([answer.status, json(answer)], [200, OK]);
      const [taken] = await stage.taken({ text });
      assert.deepEqual(Buffer.from(taken?.body ?? '', 'base64'), body);
    }
    const marked = Buffer.from(`\ufeff${start}"marked":1}`);
    await relaying.post({ command: BEFORE_SEND, body: marked });
    const [taken] = await stage.taken({ text: '"marked":1' });
    assert.deepEqual(Buffer.from(taken?.body ?? '', 'base64'), marked);
  });

  test('headers end to end, the client’s address appended, and none that are about one connection', async () => {
    const text = 'headers-1';
    await relaying.post({
      command: BEFORE_SEND,
      fields: { text },
      headers: {
        'content-type': 'text/plain;charset=GBK',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        'x-forwarded-for': '203.0.113.7',
        'user-agent': 'im-callback/1',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
        te: 'trailers',
        'proxy-connection': 'keep-alive',
        'accept-encoding': 'gzip',
      },
    });
    const [taken = assert.fail()] = await stage.taken({ text });
    const header = (name: string) => headerOf(taken, name);
    assert.equal(header('content-type'), 'text/plain;charset=GBK');
    assert.equal(header('traceparent'), '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
    assert.equal(header('x-forwarded-for'), '203.0.113.7, 127.0.0.1');
    assert.equal(header('user-agent'), 'im-callback/1');
    assert.equal(header('host'), new URL(stage.endpoint.url).host);
    for (const name of ['x-hop', 'te', 'proxy-connection', 'accept-encoding', 'transfer-encoding'])
      assert.equal(header(name), undefined, name);
    assert.equal(header('x-unfriend-delivery-id'), undefined);
  });

  test('given a callback of the sender that comes in chunks, then all of it', async () => {
    const text = 'chunked-1';
    await relaying.post({
      command: BEFORE_SEND,
      fields: { text },
      headers: { 'transfer-encoding': 'chunked' },
    });
    const [{ body } = assert.fail()] = await stage.taken({ text });
    assert.deepEqual(JSON.parse(Buffer.from(body, 'base64').toString()), {
      CallbackCommand: BEFORE_SEND,
      text,
    });
  });

  test('no probe, nothing unsigned, nothing of another app, nothing that is no JSON', async () => {
    const query = `SdkAppid=${FREE_PORTS.SDK_APP_ID}&CallbackCommand=${BEFORE_SEND}`;
    const body = Buffer.from(`{"CallbackCommand":"${BEFORE_SEND}","text":"never-relayed"}`);
    const before = stage.endpoint.taken().length;
    for (const [target, sent, status] of [
      [`?${query}&${signedNow()}`, Buffer.alloc(0), 200],
      [`?${signedNow()}`, Buffer.alloc(0), 200],
      [`?${query}`, body, 401],
      [`?${query}&${signedNow('another-token')}`, body, 401],
      [`?${query.replace('SdkAppid=1', 'SdkAppid=2')}&${signedNow()}`, body, 403],
      [`?CallbackCommand=${BEFORE_SEND}&${signedNow()}`, body, 400],
      [`?${query}&${signedNow()}`, body.subarray(1), 400],
      [`?${query.replace('C2C', 'Sns')}&${signedNow()}`, body, 400],
      [`?${query}&${signedNow()}`, Buffer.alloc(MB + 1, ' '), 413],
      [`elsewhere?${query}&${signedNow()}`, body, 404],
    ] as const) {
      const answer = await post(relaying.url + target, sent);
      assert.equal(answer.status, status, target);
    }
    // One that does go through tells that all before it have been dealt with.
    await relaying.post({ command: BEFORE_SEND });
    assert.equal(stage.endpoint.taken().length, before + 1);
  });
});

describe('what the sender gets', () => {
  test('the endpoint’s own decision about what a user is about to do', async () => {
    const forbidden = await relaying.post({
      command: BEFORE_SEND,
      fields: {
        From_Account: 'alice',
        MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'forbidden' } }],
      },
    });
    assert.equal(forbidden.status, 200);
    assert.deepEqual(json(forbidden), {
      ActionStatus: 'OK',
      ErrorCode: 120_001,
      ErrorInfo: '这条消息不行',
      MsgBody: [{ MsgType: 'TIMTextElem', MsgContent: { Text: 'forbidden' } }],
    });
    const friends = await relaying.post({
      command: 'Sns.CallbackPrevFriendAdd',
      fields: { From_Account: 'alice' },
    });
    assert.deepEqual(json(friends), {
      ...OK,
      ResultItem: [{ To_Account: 'id1', ResultCode: 38_000, ResultInfo: 'alice is too new' }],
    });
  });

  test('its status, its content type and its bytes, whatever they are', async () => {
    for (const [status, type, text] of [
      [200, 'application/json;charset=GBK', '{"ActionStatus" : "OK","ErrorCode":0 }\n'],
      [200, 'text/html', '<h1>garbage</h1>'],
      [201, 'text/plain; charset=utf-8', '好'],
      [400, 'application/json', '{"ErrorCode":1}'],
      [503, 'text/plain', 'come back later'],
    ] as const) {
      const endpoint = {
        status,
        text,
        headers: { 'content-type': type, 'x-secret': '1', 'set-cookie': 'a=b' },
      };
      const answer = await relaying.post({ command: BEFORE_SEND, endpoint });
      assert.deepEqual(
        [answer.status, answer.headers['content-type'], answer.body.toString()],
        [status, type, text],
      );
      for (const name of ['x-secret', 'set-cookie', RELAY_HEADER])
        assert.equal(answer.headers[name], undefined, name);
    }
    const empty = await relaying.post({ command: BEFORE_SEND, endpoint: { status: 204 } });
    assert.deepEqual(short(empty), [204, undefined, 0]);
    const large = await relaying.post({ command: BEFORE_SEND, endpoint: { bytes: MB } });
    assert.deepEqual([large.status, large.body.length], [200, MB]);
  });

  test('given that the endpoint closes a kept connection as the next callback comes over it, then the answer all the same', async () => {
    for (let round = 0; round < 3; round += 1) {
      await relaying.post({ command: BEFORE_SEND, endpoint: { closeNext: true } });
      const answer = await relaying.post({ command: BEFORE_SEND, fields: { text: `kept-${round}` } });
      assert.deepEqual([answer.status, json(answer)], [200, OK]);
      assert.equal((await stage.taken({ text: `kept-${round}` })).length, 1);
    }
  });
});

for (const [failure, status, body] of [
  ['none', 504, undefined],
  ['ok', 200, OK],
  ['fail', 200, { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: 'the endpoint gave no answer' }],
] as const) {
  describe(`given RELAY_FAILURE=${failure} and an endpoint that gives no answer`, () => {
    let failing: Relaying;
    before(async () => {
      failing = await stage.start({ RELAY_FAILURE: failure });
    });

    async function assertNoAnswer(answer: HttpAnswer): Promise<void> {
      assert.equal(answer.status, status);
      if (body) assert.deepEqual(json(answer), body);
      else assert.deepEqual(short(answer), [504, undefined, 0]);
    }

    for (const [what, endpoint, result] of [
      ['because it is slow', { wait: HANGS }, 'timeout'],
      ['but more than 1 MB', { bytes: MB + 1 }, 'too-large'],
      ['but a redirect', { status: 302, headers: { location: '/im/elsewhere' } }, 'redirect'],
      ['because it hangs up', { hangUp: true }, 'unreachable'],
    ] as const) {
      test(`${what}, then the sender gets ${status}${body ? `, ${body.ActionStatus}` : ' without a body'}, and it is counted and logged`, async () => {
        const name = `unfriend_passed_through_total{result="${result}"}`;
        const before = await failing.metric(name);
        const startedAt = performance.now();
        await assertNoAnswer(await failing.post({ command: BEFORE_SEND, endpoint }));
        assert.ok(performance.now() - startedAt < HANGS / 2);
        assert.equal(await failing.metric(name), before + 1);
        const lines = failing.process.logs().filter((line) => line.result === result);
        assert.deepEqual([lines[0]?.level, lines[0]?.endpoint].map(String), [
          'error',
          `the endpoint at ${new URL(stage.endpoint.url).host}`,
        ]);
      });
    }

    test('because it was killed, then the same; and once it is back, its own answer', async () => {
      await stage.endpoint.kill();
      await assertNoAnswer(await failing.post({ command: BEFORE_SEND }));
      await stage.endpoint.restart();
      const answer = await failing.post({ command: BEFORE_SEND });
      assert.deepEqual([answer.status, json(answer)], [200, OK]);
    });
  });
}

describe('given RELAY_URL that is the URL of Unfriend itself', () => {
  test('then a callback is refused with 508, the log says what to set, and check does too', async () => {
    const PORT = String(await freePort());
    const settings = stage.settings({ PORT, RELAY_URL: `http://127.0.0.1:${PORT}/` });
    const looping = await stage.start(settings);
    const answer = await looping.post({ command: BEFORE_SEND });
    assert.equal(answer.status, 508);
    assert.match(answer.body.toString(), /"ErrorInfo":"relay loop: RELAY_URL points at Unfriend itself"/);
    const line = looping.process.logs().find(({ result }) => result === 'loop');
    assert.equal(
      line?.msg,
      'RELAY_URL points at Unfriend itself: set it to the URL of the app’s own endpoint',
    );
    assert.equal(line?.level, 'error');
    assert.equal(await looping.metric('unfriend_passed_through_total{result="loop"}'), 1);

    for (const command of ['start', 'serve', 'work']) {
      const { code, stdout } = await runUnfriend(['check', command], settings);
      assert.equal(code, 1);
      assert.match(
        stdout,
        /RELAY_URL.*is Unfriend itself; set RELAY_URL to the URL of the app’s own endpoint/,
      );
    }
  });
});

test('metrics count every command once, and those that nobody documents as one', async () => {
  const name = (command: string) => `unfriend_commands_total{command="${command}"}`;
  const own = await stage.start();
  for (const command of [BEFORE_SEND, BEFORE_SEND, 'Made.UpCommand', 'Made.UpOther'])
    await own.post({ command });
  assert.equal(await own.metric(name(BEFORE_SEND)), 2);
  assert.equal(await own.metric(name('other')), 2);
  assert.equal(await own.metric('unfriend_passed_through_total{result="answered"}'), 4);
  assert.equal(await own.metric('unfriend_callbacks_total{verdict="passed-through"}'), 4);
  assert.equal(await own.metric('unfriend_relay_duration_seconds_count'), 4);
  const line = await until('a line of them', () =>
    own.process.logs().find(({ verdict }) => verdict === 'passed-through'),
  );
  assert.equal(line.command, BEFORE_SEND);
  assert.doesNotMatch(own.process.stderr, /Sign=|RequestTime|xxxxyyyy|from=im/);
});
