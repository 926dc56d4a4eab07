import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, judgeQuery } from '../../../src/callback/judge.ts';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { sign } from '../../../src/callback/signature.ts';
import { CAPTURED_TWO_WAY_DELETE, VENDOR_SAMPLE } from '../../fixtures/callbacks.ts';
import { APP, accepted, answerTo, brief, friendDelete, judged, NOW, TOKEN } from '../../support/judging.ts';

const NO_TOKEN = { tokens: [] };
const UNSIGNED = { Sign: null, RequestTime: null };
const SECONDS = Math.floor(NOW / 1000);

test('a valid, signed callback is accepted and answered OK with all three fields', () => {
  const verdict = judged();
  const { sdkAppId, receivedAt, pairs } = accepted(verdict);
  assert.deepEqual(
    { sdkAppId, receivedAt, pairs },
    { sdkAppId: APP, receivedAt: NOW, pairs: [{ from: 'alice', to: 'bob' }] },
  );
  assert.deepEqual(answerTo(verdict), {
    status: 200,
    body: { ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '' },
  });
});

test("the vendor's sample gives its three pairs", () => {
  const { sdkAppId, query, body } = VENDOR_SAMPLE;
  const settings = { sdkAppId, tokens: [], ignorePlatforms: [] };
  assert.deepEqual(accepted(judge({ query: new URLSearchParams(query), body }, settings, NOW)).pairs, [
    { from: 'id', to: 'id1' },
    { from: 'id', to: 'id2' },
    { from: 'id', to: 'id3' },
  ]);
});

test('the captured two-way delete gives both directions, named by its RequestId', () => {
  const { sdkAppId, query, body } = CAPTURED_TWO_WAY_DELETE;
  const settings = { sdkAppId, tokens: [], ignorePlatforms: [] };
  const { pairs, key } = accepted(judge({ query: new URLSearchParams(query), body }, settings, NOW));
  assert.deepEqual(pairs, [
    { from: '211172', to: '425214' },
    { from: '425214', to: '211172' },
  ]);
  assert.equal(key.origin, '2ea4e023-2859-4512-b629-3089f77dff70');
});

test('a refusal has all three fields too', () => {
  assert.deepEqual(answerTo(judged({ query: { SdkAppid: '1400000001' } })), {
    status: 403,
    body: { ActionStatus: 'FAIL', ErrorCode: 1, ErrorInfo: 'SdkAppid: not the app served here' },
  });
});

test("given another app's SdkAppid, then 403, also for a probe and without a token", () => {
  for (const other of ['1400000001', '', `${APP} `, `0${APP}`]) {
    for (const body of [friendDelete(['alice', 'bob']), '']) {
      const query = { SdkAppid: other };
      assert.equal(answerTo(judged({ query, body })).status, 403, other);
      assert.equal(answerTo(judged({ query, body, settings: NO_TOKEN })).status, 403, other);
    }
  }
});

test('given no SdkAppid and a body, then 400 names it, whatever the Sign says', () => {
  for (const query of [{ SdkAppid: null }, { SdkAppid: null, ...UNSIGNED }]) {
    assert.equal(brief(judged({ query })), '400 SdkAppid: missing in the query');
    assert.equal(brief(judged({ query, body: 'not json' })), '400 SdkAppid: missing in the query');
  }
});

for (const name of ['SdkAppid', 'Sign', 'RequestTime', 'CallbackCommand']) {
  test(`given a repeated ${name}, then 400 names it, even where both values are right`, () => {
    const values: Record<string, string> = {
      SdkAppid: APP,
      Sign: sign(TOKEN, String(SECONDS)),
      RequestTime: String(SECONDS),
      CallbackCommand: FRIEND_DELETE,
    };
    const right = values[name] ?? '';
    for (const body of [friendDelete(['alice', 'bob']), '']) {
      const same = judged({ query: { [name]: [right, right] }, body });
      const different = judged({ query: { [name]: [right, 'other'] }, body });
      assert.equal(brief(same), `400 ${name}: repeated in the query`);
      assert.equal(brief(different), `400 ${name}: repeated in the query`);
    }
  });
}

test('other parameters may repeat', () => {
  assert.equal(
    brief(judged({ query: { ClientIP: ['1.1.1.1', '2.2.2.2'], OptPlatform: ['iOS', 'Web'] } })),
    '200',
  );
});

const UNAUTHORIZED: Record<string, Record<string, string | null>> = {
  'no Sign': { Sign: null },
  'no RequestTime': { RequestTime: null },
  'neither Sign nor RequestTime': UNSIGNED,
  'a wrong Sign': { Sign: sign('another token', String(SECONDS)) },
  'an upper-case Sign': { Sign: sign(TOKEN, String(SECONDS)).toUpperCase() },
  'a right Sign of 61 s ago': {
    Sign: sign(TOKEN, String(SECONDS - 61)),
    RequestTime: String(SECONDS - 61),
  },
  'a right Sign of 61 s ahead': {
    Sign: sign(TOKEN, String(SECONDS + 61)),
    RequestTime: String(SECONDS + 61),
  },
};
for (const [what, query] of Object.entries(UNAUTHORIZED)) {
  test(`given a token and ${what}, then 401 with nothing that helps to guess, for a probe too`, () => {
    assert.equal(brief(judged({ query })), '401 unauthorized');
    assert.equal(brief(judged({ query, body: '' })), '401 unauthorized');
    assert.equal(brief(judged({ query: { ...query, SdkAppid: null }, body: '' })), '401 unauthorized');
  });
}

test('given no token, then Sign and RequestTime are not looked at', () => {
  for (const query of [UNSIGNED, { Sign: 'x' }, { RequestTime: 'y' }]) {
    assert.equal(brief(judged({ query, settings: NO_TOKEN })), '200');
  }
});

test('while tokens rotate, a callback signed with either is accepted', () => {
  assert.equal(brief(judged({ settings: { tokens: ['new-token', TOKEN] } })), '200');
  assert.equal(brief(judged({ settings: { tokens: [TOKEN, 'new-token'] } })), '200');
  assert.equal(brief(judged({ settings: { tokens: ['new-token'] } })), '401 unauthorized');
});

for (const [what, query, settings] of [
  ['signed, with the right SdkAppid', {}, {}],
  ['signed, without SdkAppid', { SdkAppid: null }, {}],
  ['signed, with nothing else', { SdkAppid: null, CallbackCommand: null, contenttype: null }, {}],
  ['without a token configured', { SdkAppid: null, CallbackCommand: null, ...UNSIGNED }, NO_TOKEN],
  ['of any command', { CallbackCommand: 'C2C.CallbackBeforeSendMsg' }, {}],
] as const) {
  test(`the console's probe, ${what}, is answered OK and starts nothing`, () => {
    const verdict = judged({ query, settings, body: '' });
    assert.deepEqual(verdict, { kind: 'ignore', reason: 'probe' });
    assert.equal(brief(verdict), '200');
  });
}

test('checks run in a fixed order: repeats, app, Sign, JSON, command, schema', () => {
  const repeated = { CallbackCommand: [FRIEND_DELETE, FRIEND_DELETE] };
  const wrongApp = { SdkAppid: '1400000001' };
  const brokenSchema = { CallbackCommand: FRIEND_DELETE, PairList: [] };
  const status = (change: Parameters<typeof judged>[0]) => brief(judged(change)).split(':')[0];

  assert.equal(
    status({ query: { ...repeated, ...wrongApp, ...UNSIGNED }, body: '{' }),
    '400 CallbackCommand',
  );
  assert.equal(status({ query: { ...wrongApp, ...UNSIGNED }, body: '{' }), '403 SdkAppid');
  assert.equal(status({ query: UNSIGNED, body: '{' }), '401 unauthorized');
  assert.equal(status({ query: { CallbackCommand: 'Other' }, body: '{' }), '400 body');
  assert.equal(status({ query: { CallbackCommand: 'Other' }, body: brokenSchema }), '400 CallbackCommand');
  assert.equal(status({ body: brokenSchema }), '400 PairList');
});

test('what the query alone decides is the same before and after the body was read', () => {
  const settings = { sdkAppId: APP, tokens: [TOKEN], ignorePlatforms: [] };
  for (const text of [`SdkAppid=1`, `SdkAppid=${APP}`, `SdkAppid=${APP}&SdkAppid=${APP}`]) {
    const query = new URLSearchParams(text);
    const early = judgeQuery(query, settings, NOW);
    assert.equal(early?.kind, 'refuse');
    assert.deepEqual(judge({ query, body: Buffer.from('{}') }, settings, NOW), early);
  }
});
