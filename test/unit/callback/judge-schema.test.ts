import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { accepted, brief, friendDelete, judged } from '../../support/judging.ts';

const PAIRS = friendDelete(['alice', 'bob']).PairList;

test('a UserID is 1 to 32 bytes of printable ASCII, taken as it is', () => {
  const ids = [
    'a',
    '7',
    ' ',
    '~',
    'x'.repeat(32),
    ' two  spaces ',
    '@RBT#001',
    '@TLS#NOT_FOUND',
    '{}',
    '{From_Account}',
    ':',
    'a:b',
    '*',
    '"\\/|<>&%?#',
    '__proto__',
  ];
  for (const id of ids) {
    assert.deepEqual(accepted(judged({ body: friendDelete([id, 'bob'], ['alice', id]) })).pairs, [
      { from: id, to: 'bob' },
      { from: 'alice', to: id },
    ]);
  }
});

test('UserIDs are case-sensitive', () => {
  assert.equal(accepted(judged({ body: friendDelete(['a', 'B'], ['a', 'b'], ['A', 'b']) })).pairs.length, 3);
});

test('any other UserID is refused, and the place is named', () => {
  const faulty = [
    '',
    'x'.repeat(33),
    'é',
    '小明',
    'a\u0000',
    'tab\t',
    'line\n',
    '\u007f',
    7,
    null,
    undefined,
    {},
    ['a'],
  ];
  for (const id of faulty) {
    const good: [unknown, unknown] = ['alice', 'bob'];
    const to = judged({ body: friendDelete(good, good, good, ['alice', id]) });
    assert.match(brief(to), /^400 PairList\[3\]\.To_Account: \S/, JSON.stringify(id));
    const from = judged({ body: friendDelete([id, 'bob'], good) });
    assert.match(brief(from), /^400 PairList\[0\]\.From_Account: \S/, JSON.stringify(id));
  }
});

test('a UserID that JSON spells with escapes is read before it is measured', () => {
  const escaped = '\\u0061'.repeat(32);
  const body = `{"CallbackCommand":"${FRIEND_DELETE}","PairList":[{"From_Account":"${escaped}","To_Account":"b"}]}`;
  assert.deepEqual(accepted(judged({ body })).pairs, [{ from: 'a'.repeat(32), to: 'b' }]);
});

test('bytes that are not UTF-8 are refused in a UserID', () => {
  const [start, end] = JSON.stringify(friendDelete(['alice', 'MARK'])).split('MARK');
  const body = Buffer.concat([Buffer.from(start ?? ''), Buffer.of(0xc3, 0x28), Buffer.from(end ?? '')]);
  assert.match(brief(judged({ body })), /^400 PairList\[0\]\.To_Account: /);
});

test('given no pair, or something else than a list of pairs, then 400 names the place', () => {
  for (const [PairList, place] of [
    [[], 'PairList'],
    [undefined, 'PairList'],
    [null, 'PairList'],
    [{}, 'PairList'],
    ['alice', 'PairList'],
    [['alice'], 'PairList[0]'],
    [[PAIRS[0], null], 'PairList[1]'],
    [[PAIRS], 'PairList[0]'],
    [[{}], 'PairList[0].From_Account'],
  ] as const) {
    const info = brief(judged({ body: { CallbackCommand: FRIEND_DELETE, PairList } }));
    assert.ok(info.startsWith(`400 ${place}: `), `${JSON.stringify(PairList)} gave: ${info}`);
  }
});

test('unknown fields are ignored, in the body and in a pair', () => {
  const [pair] = PAIRS;
  const body = {
    EventTime: '1670574414123',
    ...friendDelete(),
    PairList: [{ ...pair, Initiator: { id: ['é'] } }],
    OptPlatform: 7,
  };
  assert.deepEqual(accepted(judged({ body })).pairs, [{ from: 'alice', to: 'bob' }]);
});

test('exact repeats collapse and the order stays', () => {
  const body = friendDelete(['b', 'x'], ['a', 'x'], ['b', 'x'], ['x', 'b'], ['a', 'x'], ['b', 'y']);
  assert.deepEqual(accepted(judged({ body })).pairs, [
    { from: 'b', to: 'x' },
    { from: 'a', to: 'x' },
    { from: 'x', to: 'b' },
    { from: 'b', to: 'y' },
  ]);
});

test('pairs whose accounts read the same when joined stay apart', () => {
  const body = friendDelete(
    ['a:b', 'c'],
    ['a', 'b:c'],
    ['a","b', 'c'],
    ['a', 'b","c'],
    ['a b', 'c'],
    ['a', 'b c'],
  );
  assert.equal(accepted(judged({ body })).pairs.length, 6);
});
