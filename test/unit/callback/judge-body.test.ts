import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { accepted, brief, friendDelete, judged } from '../../support/judging.ts';

const PAIRS = friendDelete(['alice', 'bob']).PairList;

test('given a body that is not JSON, then 400 says so', () => {
  for (const body of [
    '{',
    'null null',
    'CallbackCommand=x',
    ' ',
    '\r\n',
    '{"a":1,}',
    Buffer.of(0xff, 0xfe),
  ]) {
    assert.equal(brief(judged({ body })), '400 body: not JSON');
  }
});

test('given JSON that is not an object, then 400 says so', () => {
  for (const body of ['null', '[]', '1', '"Sns.CallbackFriendDelete"', 'true']) {
    assert.equal(brief(judged({ body })), '400 body: expected a JSON object');
  }
});

test('given the command in the body alone, then the body decides', () => {
  const query = { CallbackCommand: null };
  assert.equal(judged({ query }).kind, 'accept');
  const other = judged({ query, body: { CallbackCommand: 'Sns.CallbackFriendAdd', PairList: PAIRS } });
  assert.deepEqual(other, {
    kind: 'ignore',
    reason: 'other-command',
    command: 'Sns.CallbackFriendAdd',
  });
});

test('given no command anywhere, then 400 names it', () => {
  const verdict = judged({ query: { CallbackCommand: null }, body: { PairList: PAIRS } });
  assert.equal(brief(verdict), '400 CallbackCommand: missing');
});

test('given query and body that disagree on the command, then 400, whichever of them is ours', () => {
  const other = 'Sns.CallbackFriendAdd';
  for (const [inQuery, inBody] of [
    [other, FRIEND_DELETE],
    [FRIEND_DELETE, other],
    [other, 'Sns.CallbackBlackListAdd'],
    [FRIEND_DELETE.toLowerCase(), FRIEND_DELETE],
  ]) {
    const verdict = judged({
      query: { CallbackCommand: inQuery ?? null },
      body: { CallbackCommand: inBody, PairList: PAIRS },
    });
    assert.equal(brief(verdict), '400 CallbackCommand: query and body disagree', `${inQuery} / ${inBody}`);
  }
});

test('given our command in the query and none in the body, then 400', () => {
  assert.equal(brief(judged({ body: { PairList: PAIRS } })), '400 CallbackCommand: missing');
});

test('given a command in the body that is no string, then 400 names it', () => {
  for (const CallbackCommand of [1, null, {}, [FRIEND_DELETE]]) {
    const verdict = judged({ body: { CallbackCommand, PairList: PAIRS } });
    assert.equal(brief(verdict), '400 CallbackCommand: expected a string');
  }
});

test('another command is answered OK and starts nothing, whatever else its body holds or lacks', () => {
  const name = 'C2C.CallbackBeforeSendMsg';
  for (const body of [{ CallbackCommand: name, PairList: 7 }, { CallbackCommand: name }, { MsgBody: [] }]) {
    const verdict = judged({ query: { CallbackCommand: name }, body });
    assert.deepEqual(verdict, { kind: 'ignore', reason: 'other-command', command: name });
    assert.equal(brief(verdict), '200');
  }
});

test('a platform in IGNORE_PLATFORMS is ignored in any spelling, others are not', () => {
  const settings = { ignorePlatforms: ['restapi', 'web'] };
  for (const OptPlatform of ['RESTAPI', 'restapi', 'RestApi', 'Web']) {
    const verdict = judged({ query: { OptPlatform }, settings });
    assert.deepEqual(
      verdict,
      { kind: 'ignore', reason: 'ignored-platform', command: FRIEND_DELETE },
      OptPlatform,
    );
    assert.equal(brief(verdict), '200');
  }
  for (const OptPlatform of ['iOS', 'RESTAPI2', '', null]) {
    assert.equal(judged({ query: { OptPlatform }, settings }).kind, 'accept', String(OptPlatform));
  }
});

test('a callback of an ignored platform must be valid all the same', () => {
  const settings = { ignorePlatforms: ['restapi'] };
  const query = { OptPlatform: 'RESTAPI' };
  assert.match(brief(judged({ query, settings, body: friendDelete() })), /^400 PairList: /);
  assert.equal(brief(judged({ query: { ...query, Sign: 'x' }, settings })), '401 unauthorized');
});

test('the content type of the request is not looked at', () => {
  assert.equal(judged({ query: { contenttype: 'xml' } }).kind, 'accept');
  assert.equal(judged({ query: { contenttype: null } }).kind, 'accept');
});

test('a body that begins with a byte order mark is read, and its hash is that of the bytes as they came', () => {
  const plain = Buffer.from(JSON.stringify(friendDelete(['alice', 'bob'])));
  const marked = Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), plain]);
  const { key, pairs } = accepted(judged({ body: marked }));
  assert.deepEqual(pairs, [{ from: 'alice', to: 'bob' }]);
  assert.equal(key.bodyHash, createHash('sha256').update(marked).digest('hex'));
  assert.equal(brief(judged({ body: marked.subarray(0, 3) })), '400 body: not JSON');
});

test('given a body nested deeper than 1,000 levels, then 400 says so, whatever its command is', () => {
  const nested = (levels: number) => JSON.parse(`${'['.repeat(levels)}${']'.repeat(levels)}`) as unknown;
  const body = (levels: number) => ({ ...friendDelete(['alice', 'bob']), Extra: nested(levels) });
  const tooDeep = '400 body: nested deeper than 1000 levels';
  // The object around them is a level, too.
  assert.equal(brief(judged({ body: body(999) })), '200');
  assert.equal(brief(judged({ body: body(1_000) })), tooDeep);
  const other = 'State.StateChange';
  assert.equal(
    brief(judged({ query: { CallbackCommand: other }, body: { ...body(1_000), CallbackCommand: other } })),
    tooDeep,
  );
  assert.equal(brief(judged({ body: '{"a":'.repeat(50_000) })), tooDeep);
});

test('brackets and escaped quotes in text are not levels', () => {
  for (const text of [
    '['.repeat(5_000),
    '"['.repeat(5_000),
    `\\${'{'.repeat(5_000)}`,
    '\\"['.repeat(5_000),
  ]) {
    const body = { ...friendDelete(['alice', 'bob']), Text: text };
    assert.equal(brief(judged({ body })), '200');
  }
});

test('many values beside each other are not deep', () => {
  const body = { ...friendDelete(['alice', 'bob']), Wide: Array.from({ length: 5_000 }, () => [{}]) };
  assert.equal(brief(judged({ body })), '200');
});
