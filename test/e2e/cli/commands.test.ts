import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { endReceivers, KillableReceiver } from '../../support/doubles/killable.ts';
import { BIN, FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import {
  createNamespace,
  startTestTemporal,
  type TestTemporal,
  temporaryFolder,
} from '../../support/servers/temporal.ts';

const folder = temporaryFolder();
let temporal: TestTemporal;
let environment: Record<string, string>;
before(async () => {
  temporal = await startTestTemporal();
  const address = String(temporal.settings.connectionOptions.address);
  environment = { SDK_APP_ID: '1400483163', DATA_DIR: folder.path, TEMPORAL_ADDRESS: address };
});
after(async () => {
  await endReceivers();
  await temporal.stop();
  folder.remove();
});

const NOWHERE = { TEMPORAL_ADDRESS: '127.0.0.1:1' };

test('a build leaves a command that can be executed, so that npx unfriend still runs after a second npm ci', async () => {
  // npx makes it executable only when it sees the folder for the first time.
  const { stdout } = await promisify(execFile)(BIN, ['--help']);
  assert.match(stdout, /^Usage: unfriend /);
});

describe('unfriend demo', () => {
  test('with --exit it ends with 0 once every side effect is done, and prints the workflow’s page', async () => {
    const { code, stdout, stderr } = await runUnfriend(['demo', '--exit'], {
      DATA_DIR: folder.path,
      LOCAL_TEMPORAL_PORT: '0',
      LOCAL_TEMPORAL_UI_PORT: '0',
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

  test('given no word about the backends, then each service ends with 2 and names all three, as check does', async () => {
    const unsaid = { ...environment, CACHE_URL: '', SEARCH_URL: '', NOTIFY_URL: '' };
    for (const role of ['start', 'serve', 'work']) {
      const { code, stderr } = await runUnfriend([role], unsaid);
      assert.equal(code, 2);
      assert.match(
        stderr,
        /^ {2}CACHE_URL: missing;.*\n {2}SEARCH_URL: missing;.*\n {2}NOTIFY_URL: missing;/m,
      );
      const checked = await runUnfriend(['check', role], unsaid);
      assert.equal(checked.code, 1);
      assert.equal(checked.stdout.match(/^✗ settings: (CACHE|SEARCH|NOTIFY)_URL: missing;/gm)?.length, 3);
    }
  });

  test('every command has --help with an example, and ends with 0', async () => {
    const commands = ['start', 'serve', 'work', 'demo', 'send', 'status', 'failed', 'retry', 'dismiss'];
    for (const command of [...commands, 'journal', 'setup', 'check']) {
      const { code, stdout } = await runUnfriend([command, '--help']);
      assert.equal(code, 0, command);
      assert.match(stdout, /Examples?:\n {2}\$ .*unfriend/, command);
    }
  });

  test('dismiss --help says that --reason is required', async () => {
    const { stdout } = await runUnfriend(['dismiss', '--help']);
    assert.match(stdout, /^Usage: unfriend dismiss --reason <text> /m);
    assert.match(stdout, /--reason <text> [^\n]*(\n {4,}[^\n]*)*\(required\)/);
  });

  test('a delivery that is not there ends with 1 and says so', async () => {
    const { code, stdout, stderr } = await runUnfriend(['status', 'nothing', '--json'], environment);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /No delivery friend-deleted\/1400483163\/nothing/);
  });

  test('no Temporal ends with 1 and says which settings to look at', async () => {
    const acting = [
      ['retry', 'x'],
      ['retry', '--all', '--yes'],
      ['dismiss', 'x', '--reason', 'gone'],
    ];
    for (const args of [['status', 'x'], ['failed'], ...acting, ['setup'], ['check']]) {
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

  test('check looks at the journal: before there is one, beside its receiver, and damaged', async () => {
    const settings = { ...environment, ...NOWHERE, DATA_DIR: join(folder.path, 'checked') };
    const journal = async (more = {}) => {
      const { stdout } = await runUnfriend(['check', 'serve', '--json'], { ...settings, ...more });
      const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
      return findings.find(({ component }) => component === 'journal');
    };
    const before = await journal();
    assert.deepEqual([before?.state, existsSync(settings.DATA_DIR)], ['ok', false]);
    assert.match(String(before?.message), /none yet/);

    const receiver = await KillableReceiver.start({ ...settings, HOST: '127.0.0.1' });
    await receiver.ledger.send(receiver.url);
    const beside = await journal();
    assert.equal(beside?.state, 'ok');
    assert.match(String(beside?.message), /1 pending, 0 in the quarantine; a running receiver has it/);
    await receiver.kill();
    assert.match(String((await journal())?.message), /no process has it/);

    truncateSync(join(settings.DATA_DIR, 'journal', 'data.mdb'), 4_096);
    const damaged = await journal();
    assert.equal(damaged?.state, 'fault');
    assert.match(String(damaged?.message), /damaged .*Restart the receiver/);
    const unusable = await journal({ JOURNAL_DIR: '/proc/self/journal' });
    assert.equal(unusable?.state, 'fault');
    assert.equal((await journal({ INTAKE: 'direct' }))?.state, 'ok');
  });

  test('given no search attributes, then work ends with 1 and says what to run', async () => {
    const namespace = await createNamespace(environment.TEMPORAL_ADDRESS ?? '');
    const { code, stderr } = await runUnfriend(['work'], {
      ...environment,
      OPS_PORT: '0',
      TEMPORAL_NAMESPACE: namespace,
    });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`${namespace} lacks search attributes.*npx unfriend setup`));
  });
});

describe('a misspelt setting', () => {
  const misspelt = { TEMPORAL_NAMESPACES: 's3cr3t' };
  const warning = 'TEMPORAL_NAMESPACES: no such setting; if you mean TEMPORAL_NAMESPACE, rename it';

  test('is a warning of check, which still ends with 0', async () => {
    const { code, stdout } = await runUnfriend(['check', '--json'], { ...environment, ...misspelt });
    const { findings } = JSON.parse(stdout) as { findings: Record<string, string>[] };
    assert.equal(code, 0, stdout);
    assert.deepEqual(
      findings.filter(({ message }) => message === warning),
      [{ component: 'settings', state: 'warning', message: warning }],
    );
  });

  test('is a finding of check beside the fault that comes from it', async () => {
    const { code, stdout } = await runUnfriend(['check', 'serve'], { SDK_APPID: '1400483163' });
    assert.equal(code, 1);
    assert.match(stdout, /^✗ settings: SDK_APP_ID: missing.*\n! settings: SDK_APPID: .* SDK_APP_ID/m);
  });

  test('is a warning in the log at start, without its value', async () => {
    const receiver = new UnfriendProcess(['serve'], { ...environment, ...FREE_PORTS, ...misspelt });
    try {
      assert.equal((await receiver.log(warning)).level, 'warn');
      await receiver.log('taking callbacks');
      assert.doesNotMatch(receiver.stderr, /s3cr3t/);
    } finally {
      await receiver.kill();
    }
  });

  test('is said on stderr by what people run by hand, and stdout stays one JSON document', async () => {
    const settings = { ...environment, ...misspelt };
    const { code, stdout, stderr } = await runUnfriend(['failed', '--json'], settings);
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes(`${warning}\n`));
    JSON.parse(stdout);
  });
});
