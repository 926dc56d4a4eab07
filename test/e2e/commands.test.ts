import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { runUnfriend } from '../support/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../support/temporal.ts';

const folder = temporaryFolder();
let temporal: TestTemporal;
let environment: Record<string, string>;
before(async () => {
  temporal = await startTestTemporal();
  const address = String(temporal.settings.connectionOptions.address);
  environment = { SDK_APP_ID: '1400483163', DATA_DIR: folder.path, TEMPORAL_ADDRESS: address };
});
after(async () => {
  await temporal.stop();
  folder.remove();
});

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

describe('unfriend demo', () => {
  test('with --exit it ends with 0 once every side effect is done, and prints the workflow’s page', async () => {
    const { code, stdout, stderr } = await runUnfriend(['demo', '--exit'], {
      ...{ DATA_DIR: folder.path, LOCAL_TEMPORAL_PORT: '0', LOCAL_TEMPORAL_UI_PORT: '0' },
    });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Before: id has 3 friends in the cache, 3 friends in the search index, 0 messages/);
    assert.match(stdout, /After: id has no cached friend list, 0 friends in the search index, 1 message/);
    assert.match(
      stdout,
      /Temporal UI: http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/friend-deleted%2F1400000000%2F[0-9a-f-]{36}\//,
    );
    assert.match(stdout, /notifyUsers: 3 of 3 done/);
  });
});

describe('exit codes', () => {
  const usage = [['bogus'], ['demo', '--pairs', '0'], ['status'], ['send', '--rate', 'x']];
  for (const args of usage) {
    test(`wrong usage ends with 2: ${args.join(' ')}`, async () => {
      const { code, stdout, stderr } = await runUnfriend(args, environment);
      assert.equal(code, 2);
      assert.equal(stdout, '');
      assert.match(stderr, /error: /);
    });
  }

  test('wrong settings end with 2, all of them named at once', async () => {
    const { code, stderr } = await runUnfriend(['start'], {
      PORT: 'x',
      KEEP_ALIVE: 'soon',
      DATA_DIR: folder.path,
    });
    assert.equal(code, 2);
    for (const name of ['SDK_APP_ID', 'PORT', 'KEEP_ALIVE'])
      assert.match(stderr, new RegExp(`^ {2}${name}: `, 'm'));
  });

  test('every command has --help with an example, and ends with 0', async () => {
    for (const command of ['start', 'serve', 'work', 'demo', 'send', 'status', 'journal', 'setup', 'check']) {
      const { code, stdout } = await runUnfriend([command, '--help']);
      assert.equal(code, 0, command);
      assert.match(stdout, /Examples?:\n {2}\$ .*unfriend/, command);
    }
  });

  test('a delivery that is not there ends with 1 and says so', async () => {
    const { code, stdout, stderr } = await runUnfriend(['status', 'nothing', '--json'], environment);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /No delivery friend-deleted\/1400483163\/nothing/);
  });

  test('no Temporal ends with 1 and says which settings to look at', async () => {
    for (const args of [['status', 'x'], ['setup'], ['check']]) {
      const { code, stdout, stderr } = await runUnfriend(args, { ...environment, ...NOWHERE });
      assert.equal(code, 1, args[0]);
      assert.match(stdout + stderr, /TEMPORAL_ADDRESS/, args[0]);
    }
  });
});

describe('setup and check', () => {
  test('setup is safe to repeat, and prints one JSON document', async () => {
    for (let round = 0; round < 2; round += 1) {
      const { code, stdout } = await runUnfriend(['setup', '--json'], environment);
      assert.equal(code, 0);
      const { created, existing } = JSON.parse(stdout) as { created: string[]; existing: string[] };
      assert.deepEqual([...created, ...existing].sort(), [
        'UnfriendAccounts',
        'UnfriendPairs',
        'UnfriendStatus',
      ]);
    }
  });

  test('check finds every component, in one JSON document', async () => {
    const { code, stdout } = await runUnfriend(['check', '--json'], environment);
    const { ok, findings } = JSON.parse(stdout) as {
      ok: boolean;
      findings: { component: string; state: string }[];
    };
    assert.deepEqual([code, ok], [0, true]);
    const states = Object.fromEntries(findings.map(({ component, state }) => [component, state]));
    assert.equal(states.Temporal, 'ok');
    assert.equal(states['search attributes'], 'ok');
    assert.equal(states.workers, 'warning');
  });

  test('given no search attributes, then work ends with 1 and says what to run', async () => {
    const { code, stderr } = await runUnfriend(['work'], {
      ...environment,
      OPS_PORT: '0',
      TEMPORAL_NAMESPACE: 'bare',
    });
    assert.equal(code, 1);
    assert.match(stderr, /npx unfriend setup|namespace bare/i);
  });
});
