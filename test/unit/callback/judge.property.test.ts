import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type JudgeSettings, judge } from '../../../src/callback/judge.ts';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { sign } from '../../../src/callback/signature.ts';
import { CAPTURED_TWO_WAY_DELETE, VENDOR_SAMPLE } from '../../fixtures/callbacks.ts';
import { APP, answerTo, friendDelete, NOW, TOKEN, toBytes } from '../../support/judging.ts';

const SECONDS = String(Math.floor(NOW / 1000));
const RUNS = { numRuns: 2_000 };

const settings: fc.Arbitrary<JudgeSettings> = fc.record({
  sdkAppId: fc.constant(APP),
  tokens: fc.constantFrom([], [TOKEN], ['other', TOKEN]),
  ignorePlatforms: fc.constantFrom([], ['restapi']),
});

const validQuery: [string, string][] = [
  ['SdkAppid', APP],
  ['CallbackCommand', FRIEND_DELETE],
  ['RequestId', 'r-1'],
  ['Sign', sign(TOKEN, SECONDS)],
  ['RequestTime', SECONDS],
];
const parameter: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.oneof(fc.constantFrom(...validQuery.map(([name]) => name), 'OptPlatform', 'requestID'), fc.string()),
  fc.oneof(
    fc.constantFrom(...validQuery.map(([, value]) => value), 'RESTAPI', ''),
    fc.string({ unit: 'binary' }),
  ),
);
const query = fc.oneof(
  { weight: 4, arbitrary: fc.constant(validQuery) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.subarray(validQuery), fc.array(parameter))
      .map(([kept, added]) => [...kept, ...added]),
  },
  { weight: 1, arbitrary: fc.array(parameter) },
);

/** Found in no text of our own, so that its appearance in an answer can only come from the body. */
const account = fc
  .tuple(
    fc.stringMatching(/^ACCT[0-9]{6}$/),
    fc.constantFrom('', '', '', ' x', '\u0000', 'é', 'z'.repeat(30)),
  )
  .map((parts) => parts.join(''));
const pair = fc.oneof(
  { weight: 6, arbitrary: fc.record({ From_Account: account, To_Account: account }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(
      fc.constantFrom('From_Account', 'To_Account', 'More'),
      fc.oneof(account, fc.jsonValue()),
    ),
  },
  { weight: 1, arbitrary: fc.oneof(account, fc.jsonValue()) },
);
const validPair = fc.record({
  From_Account: fc.stringMatching(/^[ -~]{1,32}$/),
  To_Account: fc.constantFrom('a', 'b'),
});
const json = fc.oneof(
  fc.record({ CallbackCommand: fc.constant(FRIEND_DELETE), PairList: fc.array(validPair) }),
  fc.record({ CallbackCommand: fc.constant(FRIEND_DELETE), PairList: fc.array(pair) }),
  fc.record({
    CallbackCommand: fc.oneof(account, fc.jsonValue()),
    PairList: fc.oneof(account, fc.jsonValue()),
  }),
  fc.jsonValue(),
);
const mutated = fc
  .tuple(
    fc.oneof(json.map(toBytes), fc.constantFrom(VENDOR_SAMPLE.body, CAPTURED_TWO_WAY_DELETE.body)),
    fc.nat(),
    fc.nat(8),
    fc.uint8Array({ maxLength: 8 }),
  )
  .map(([valid, at, cut, put]) => {
    const start = at % (valid.length + 1);
    return Buffer.concat([valid.subarray(0, start), put, valid.subarray(start + cut)]);
  });
const body: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 4, arbitrary: json.map(toBytes) },
  { weight: 2, arbitrary: mutated },
  { weight: 1, arbitrary: fc.uint8Array() },
);

const request = fc.record({ query, body });

function judgeNow(given: { query: [string, string][]; body: Uint8Array }, by: JudgeSettings) {
  return judge({ query: new URLSearchParams(given.query), body: given.body }, by, NOW);
}

test('any bytes and any query get an answer with the three fields, and never an error', () => {
  const statuses = new Set<number>();
  fc.assert(
    fc.property(request, settings, (given, by) => {
      const verdict = judgeNow(given, by);
      const { status, body: answer } = answerTo(verdict);
      statuses.add(status);
      assert.deepEqual(Object.keys(answer), ['ActionStatus', 'ErrorCode', 'ErrorInfo']);
      assert.ok([200, 400, 401, 403].includes(status), String(status));
      assert.equal(answer.ActionStatus, verdict.kind === 'refuse' ? 'FAIL' : 'OK');
      assert.equal(answer.ErrorCode, verdict.kind === 'refuse' ? 1 : 0);
      assert.equal(answer.ErrorInfo !== '', verdict.kind === 'refuse');
    }),
    RUNS,
  );
  assert.deepEqual([...statuses].sort(), [200, 400, 401, 403], 'the inputs reached every answer');
});

test('what is accepted held the schema, and its pairs are those of the body', () => {
  let seen = 0;
  fc.assert(
    fc.property(request, settings, (given, by) => {
      const verdict = judgeNow(given, by);
      if (verdict.kind !== 'accept') return;
      seen += 1;
      const parsed = JSON.parse(Buffer.from(given.body).toString());
      assert.equal(parsed.CallbackCommand, FRIEND_DELETE);
      assert.deepEqual(new URLSearchParams(given.query).getAll('SdkAppid'), [APP]);
      const sent = parsed.PairList.map((one: { From_Account: unknown; To_Account: unknown }) =>
        JSON.stringify([one.From_Account, one.To_Account]),
      );
      const { pairs } = verdict.callback;
      assert.deepEqual(
        pairs.map(({ from, to }) => JSON.stringify([from, to])),
        [...new Set(sent)],
      );
      assert.ok(pairs.length > 0);
      for (const id of pairs.flatMap(({ from, to }) => [from, to])) assert.match(id, /^[ -~]{1,32}$/);
    }),
    RUNS,
  );
  assert.ok(seen > 50, `only ${seen} callbacks were accepted: the inputs miss the point`);
});

test('the same input gives the same verdict, and leaves the input as it was', () => {
  fc.assert(
    fc.property(request, settings, (given, by) => {
      const before = Buffer.from(given.body);
      const first = judgeNow(given, by);
      assert.deepEqual(judgeNow(given, by), first);
      assert.deepEqual(Buffer.from(given.body), before);
    }),
    RUNS,
  );
});

test('ErrorInfo never repeats an account of the body', () => {
  let refusedWithAccounts = 0;
  fc.assert(
    fc.property(body, (bytes) => {
      const verdict = judgeNow(
        { query: validQuery, body: bytes },
        { sdkAppId: APP, tokens: [], ignorePlatforms: [] },
      );
      if (verdict.kind !== 'refuse') return;
      if (Buffer.from(bytes).includes('ACCT')) refusedWithAccounts += 1;
      assert.doesNotMatch(answerTo(verdict).body.ErrorInfo, /ACCT/);
    }),
    RUNS,
  );
  assert.ok(refusedWithAccounts > 50, `only ${refusedWithAccounts} refusals had accounts in the body`);
});

test('pairs that break the schema anywhere in a long list are found', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 299 }),
      fc.constantFrom('', 'é', 'x'.repeat(33), 7, null),
      (at, bad) => {
        const pairs = Array.from({ length: 300 }, (_, index): [unknown, unknown] => [
          'a',
          index === at ? bad : `b${index}`,
        ]);
        const verdict = judgeNow(
          { query: validQuery, body: toBytes(friendDelete(...pairs)) },
          { sdkAppId: APP, tokens: [], ignorePlatforms: [] },
        );
        assert.match(answerTo(verdict).body.ErrorInfo, new RegExp(`^PairList\\[${at}\\]\\.To_Account: `));
      },
    ),
    { numRuns: 50 },
  );
});
