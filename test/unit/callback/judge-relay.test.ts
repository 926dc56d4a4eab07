import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FRIEND_DELETE } from '../../../src/callback/schema.ts';
import { accepted, type Change, friendDelete, judged } from '../../support/judging.ts';

const STATE = 'State.StateChange';

/** Behind this receiver stands an endpoint that gets these commands durably. */
function relaying(...durable: string[]): Pick<Change, 'settings'> {
  return { settings: { relay: { durable } } };
}

/** A callback of a command other than a friend-delete. */
function other(command: string): Pick<Change, 'query' | 'body'> {
  return { query: { CallbackCommand: command }, body: { CallbackCommand: command, EventTime: '1' } };
}

/** A friend-delete callback of a platform that is ignored. */
function ignored(durable: string[]): Change {
  const relay = { durable };
  return { query: { OptPlatform: 'RESTAPI' }, settings: { ignorePlatforms: ['restapi'], relay } };
}

describe('given RELAY_URL', () => {
  test('another command is passed through', () => {
    const verdict = judged({ ...other(STATE), ...relaying(FRIEND_DELETE) });
    assert.deepEqual(verdict, { kind: 'pass-through', reason: 'other-command', command: STATE });
  });

  test('another command that is relayed durably is accepted without pairs, and Unfriend’s own side effects leave it out', () => {
    const { command, pairs, isProcessed, isRelayed } = accepted(
      judged({ ...other(STATE), ...relaying('State.*') }),
    );
    assert.deepEqual(
      { command, pairs, isProcessed, isRelayed },
      { command: STATE, pairs: [], isProcessed: false, isRelayed: true },
    );
  });

  test('a "before" command is passed through, whatever RELAY_DURABLE says of its prefix', () => {
    for (const command of ['Sns.CallbackPrevFriendAdd', 'Sns.CallbackBeforeAnything']) {
      const { kind } = judged({ ...other(command), ...relaying('Sns.*') });
      assert.equal(kind, 'pass-through', command);
    }
  });

  test('a friend-delete callback is processed, and relayed where RELAY_DURABLE has it', () => {
    for (const [durable, isRelayed] of [
      [[FRIEND_DELETE], true],
      [['Sns.*'], true],
      [['State.*'], false],
      [[], false],
    ] as const) {
      const callback = accepted(judged(relaying(...durable)));
      assert.deepEqual([callback.isProcessed, callback.isRelayed], [true, isRelayed], durable.join());
    }
  });

  test('a friend-delete callback of an ignored platform is only relayed, with its pairs', () => {
    const { pairs, isProcessed, isRelayed } = accepted(judged(ignored([FRIEND_DELETE])));
    assert.deepEqual(
      { pairs, isProcessed, isRelayed },
      { pairs: [{ from: 'alice', to: 'bob' }], isProcessed: false, isRelayed: true },
    );
  });

  test('a friend-delete callback of an ignored platform that is not relayed durably is passed through', () => {
    assert.deepEqual(judged(ignored([])), {
      kind: 'pass-through',
      reason: 'ignored-platform',
      command: FRIEND_DELETE,
    });
  });

  test('the probe, and whatever is refused without it, never reach the endpoint', () => {
    const settings = relaying('State.*', FRIEND_DELETE);
    assert.deepEqual(judged({ ...settings, body: '' }), { kind: 'ignore', reason: 'probe' });
    for (const change of [
      { query: { Sign: null } },
      { query: { SdkAppid: '1400000001' } },
      { query: { SdkAppid: null } },
      { query: { CallbackCommand: STATE } },
      { body: 'not json' },
      { body: [] },
      { body: friendDelete() },
    ])
      for (const command of [{}, other('C2C.CallbackBeforeSendMsg')])
        assert.equal(judged({ ...command, ...change, ...settings }).kind, 'refuse', JSON.stringify(change));
  });
});

test('without RELAY_URL another command, and an ignored platform, are answered OK and nothing more', () => {
  assert.deepEqual(judged(other(STATE)), { kind: 'ignore', reason: 'other-command', command: STATE });
  const { settings, ...rest } = ignored([]);
  const verdict = judged({ ...rest, settings: { ignorePlatforms: settings?.ignorePlatforms ?? [] } });
  assert.deepEqual(verdict, { kind: 'ignore', reason: 'ignored-platform', command: FRIEND_DELETE });
  assert.deepEqual([accepted(judged()).isProcessed, accepted(judged()).isRelayed], [true, false]);
});
