import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type Role, SettingsError } from '../../../src/config/settings.ts';
import { OperatorError } from '../../../src/operator-error.ts';
import { faultsOf, MINUTE, read } from '../../support/inputs/settings.ts';

const ROLES: Role[] = ['serve', 'work', 'start', 'demo', 'operate'];
const APP = { SDK_APP_ID: '1400000000' };
const PRODUCTION = { NODE_ENV: 'production', ...APP };
const BACKENDS = ['CACHE_URL', 'SEARCH_URL', 'NOTIFY_URL'];
const sayAll = (word: string) => Object.fromEntries(BACKENDS.map((name) => [name, word]));
const NO_BACKENDS = sayAll('off');

test('the defaults are those of the contract', () => {
  const settings = read(APP, 'start');
  assert.deepEqual(settings.callback, {
    tokens: [],
    authOff: false,
    path: '/',
    ignorePlatforms: [],
    maxBody: 1024 * 1024,
  });
  assert.deepEqual(settings.http, {
    host: '127.0.0.1',
    port: 8080,
    opsPort: 8081,
    tls: undefined,
    allow: undefined,
    trustedProxies: [],
    maxConnections: 4_000,
    keepAlive: 75_000,
    drainDelay: 5_000,
  });
  const { production, sdkAppId, dedupeWindow, retryFor, attentionFor, taskQueue, indexAccounts, dataDir } =
    settings;
  assert.deepEqual(
    { production, sdkAppId, dedupeWindow, retryFor, attentionFor, taskQueue, indexAccounts, dataDir },
    {
      production: false,
      sdkAppId: '1400000000',
      dedupeWindow: 2 * MINUTE,
      retryFor: 60 * MINUTE,
      attentionFor: 7 * 24 * 60 * MINUTE,
      taskQueue: 'unfriend',
      indexAccounts: 'on',
      dataDir: resolve('.unfriend'),
    },
  );
  assert.deepEqual(settings.cache, { url: 'embedded', keys: ['friends:{From_Account}'] });
  assert.deepEqual(settings.search, {
    url: 'embedded',
    ca: undefined,
    index: 'friends',
    guard: { kind: 'external' },
    documentId: '{From_Account}:{To_Account}',
  });
  assert.deepEqual(settings.notify, {
    ...{ users: 'embedded', backend: 'off', recipient: 'from' },
    ...{ secret: undefined, allowPrivate: false },
  });
  const { port, uiPort, cliPath } = settings.localTemporal;
  assert.deepEqual({ port, uiPort, cliPath }, { port: 7233, uiPort: 8233, cliPath: undefined });
});

test('the demo needs no setting: it has its own app, free ports and its own data', () => {
  const { sdkAppId, http, localTemporal } = read({}, 'demo');
  assert.equal(sdkAppId, '1400000000');
  assert.deepEqual([http.port, http.opsPort], [0, 0]);
  assert.notEqual(localTemporal.dir, read(APP, 'start').localTemporal.dir);
});

for (const role of ['start', 'serve', 'work'] as const) {
  test(`${role} wants CACHE_URL, SEARCH_URL and NOTIFY_URL said, and names all that are missing at once`, () => {
    const faults = faultsOf(
      { ...APP, CACHE_URL: '', SEARCH_URL: undefined, NOTIFY_URL: ' ', PORT: 'x' },
      role,
    );
    assert.deepEqual(
      faults.map((fault) => fault.split(';')[0]),
      ['PORT: expected a port from 0 to 65535', ...BACKENDS.map((name) => `${name}: missing`)],
    );
    for (const fault of faults.slice(1)) assert.match(fault, /; set it to .*, to embedded .* or to off/);
    assert.deepEqual(faultsOf({ ...APP, ...NO_BACKENDS, SEARCH_URL: '' }, role).length, 1);
  });
}

test('embedded and off can be said, and only the demo takes embedded without a word', () => {
  for (const role of ['start', 'serve', 'work'] as const) {
    for (const word of ['embedded', 'off']) {
      const { cache, search, notify } = read({ ...APP, ...sayAll(word) }, role);
      assert.deepEqual([cache.url, search.url, notify.users], [word, word, word]);
    }
  }
  const usedBy = (role: Role) => {
    const { cache, search, notify } = read(sayAll(''), role);
    return [cache.url, search.url, notify.users, notify.backend];
  };
  assert.deepEqual(usedBy('demo'), ['embedded', 'embedded', 'embedded', 'off']);
  assert.deepEqual(usedBy('operate'), ['off', 'off', 'off', 'off']);
});

test('what is set wins over the defaults of the demo', () => {
  const { sdkAppId, http } = read({ SDK_APP_ID: '1400483163', PORT: '9000', OPS_PORT: '9001' }, 'demo');
  assert.deepEqual([sdkAppId, http.port, http.opsPort], ['1400483163', 9000, 9001]);
});

for (const role of ['serve', 'start'] as const) {
  test(`${role} needs SDK_APP_ID`, () => {
    const [fault, ...more] = faultsOf({}, role);
    assert.match(fault ?? '', /^SDK_APP_ID: missing; set it to /);
    assert.deepEqual(more, []);
  });
}

for (const role of ['work', 'demo', 'operate'] as const) {
  test(`${role} does not need SDK_APP_ID`, () => assert.deepEqual(faultsOf({}, role), []));
}

test('given no HOST, then other machines can send callbacks only if a token is set', () => {
  assert.equal(read(APP, 'serve').http.host, '127.0.0.1');
  assert.equal(read({ ...APP, CALLBACK_TOKEN: 'secret' }, 'serve').http.host, '0.0.0.0');
  assert.equal(read({ ...APP, CALLBACK_AUTH: 'off' }, 'serve').http.host, '127.0.0.1');
  for (const token of ['', 'secret']) {
    assert.equal(read({ ...APP, CALLBACK_TOKEN: token, HOST: '10.1.2.3' }, 'serve').http.host, '10.1.2.3');
  }
});

test('several tokens are separated by commas; blanks around them do not count', () => {
  const { callback } = read({ ...APP, CALLBACK_TOKEN: ' one , two,,three ' }, 'serve');
  assert.deepEqual(callback.tokens, ['one', 'two', 'three']);
});

test('all faults are reported at once, one per setting, and each names its variable', () => {
  const wrong = {
    SDK_APP_ID: 'mine',
    CALLBACK_TOKEN: 'two words',
    CALLBACK_AUTH: 'on',
    PORT: 'http',
    MAX_BODY: 'big',
    KEEP_ALIVE: 'long',
    INDEX_ACCOUNTS: 'yes',
    NOTIFY_RECIPIENT: 'everyone',
    CACHE_URL: 'http://cache',
    SEARCH_DOCUMENT_ID: '{From_Account}',
    JOURNAL_MAX_PENDING: '0',
  };
  const names = faultsOf(wrong, 'start').map((fault) => fault.split(': ')[0]);
  assert.deepEqual(names.sort(), Object.keys(wrong).sort());
});

test('the error is one that an operator can fix, and its message contains every fault', () => {
  assert.throws(
    () => read({ SDK_APP_ID: 'x', PORT: '99999' }, 'start'),
    (error) => {
      assert.ok(error instanceof SettingsError && error instanceof OperatorError);
      assert.equal(error.faults.length, 2);
      assert.match(error.message, /^2 settings are not right:\n/);
      for (const fault of error.faults) assert.ok(error.message.includes(fault));
      return true;
    },
  );
});

test('no fault repeats a token, even if other settings are wrong too', () => {
  const tokens = ['s3cr3t one', 's3cr3t\u0007', 's3cr3t,s3cr3té', 's3cr3t'];
  const others = [{}, { CALLBACK_AUTH: 'off' }, { CALLBACK_AUTH: 's3cr3t?' }, { NODE_ENV: 'production' }];
  let faulty = 0;
  for (const CALLBACK_TOKEN of tokens) {
    for (const other of others) {
      for (const role of ROLES) {
        const faults = faultsOf({ ...other, CALLBACK_TOKEN, PORT: 'x' }, role);
        faulty += faults.filter((fault) => fault.startsWith('CALLBACK_')).length;
        assert.doesNotMatch(faults.join('\n'), /s3cr3t/);
      }
    }
  }
  assert.ok(faulty > 0);
});

test('in production a receiver needs a token, or CALLBACK_AUTH=off', () => {
  const [fault, ...more] = faultsOf(PRODUCTION, 'serve').filter((one) => !one.startsWith('DATA_DIR'));
  assert.match(fault ?? '', /^CALLBACK_TOKEN: missing; .*CALLBACK_AUTH=off/);
  assert.deepEqual(more, []);
  const complete = { ...PRODUCTION, DATA_DIR: '/var/lib/unfriend' };
  assert.equal(read({ ...complete, CALLBACK_AUTH: 'off' }, 'serve').callback.authOff, true);
  assert.equal(read({ ...complete, CALLBACK_TOKEN: 'secret' }, 'serve').production, true);
  assert.match(faultsOf({ ...complete, CALLBACK_TOKEN: ' , ' }, 'serve').join(), /^CALLBACK_TOKEN: missing/);
});

test('outside production, a missing token is not a fault', () => {
  for (const NODE_ENV of [undefined, 'test', 'development']) {
    assert.deepEqual(faultsOf({ ...APP, NODE_ENV }, 'serve'), []);
  }
});

test('a token together with CALLBACK_AUTH=off is a fault', () => {
  const [fault] = faultsOf({ ...APP, CALLBACK_TOKEN: 'secret', CALLBACK_AUTH: 'off' }, 'serve');
  assert.match(fault ?? '', /^CALLBACK_AUTH: off contradicts CALLBACK_TOKEN/);
});

test('in production, each process that runs side effects refuses the embedded backends', () => {
  const set = { ...PRODUCTION, CALLBACK_TOKEN: 'secret', DATA_DIR: '/data' };
  for (const role of ['work', 'start'] as const) {
    const names = faultsOf(set, role).map((fault) => fault.split(':')[0]);
    assert.deepEqual(names, ['CACHE_URL', 'SEARCH_URL', 'NOTIFY_URL']);
    assert.deepEqual(faultsOf({ ...set, CACHE_URL: 'off', NOTIFY_URL: 'off' }, role).length, 1);
    assert.deepEqual(faultsOf({ ...set, ...NO_BACKENDS }, role), []);
  }
  for (const role of ['serve', 'operate'] as const) assert.deepEqual(faultsOf(set, role), []);
});

test('in production, each process that writes to DATA_DIR needs it as an absolute path', () => {
  const set = { ...PRODUCTION, ...NO_BACKENDS, CALLBACK_TOKEN: 'secret' };
  for (const role of ['serve', 'start'] as const) {
    for (const DATA_DIR of [undefined, 'data', './data']) {
      assert.match(faultsOf({ ...set, DATA_DIR }, role).join(), /^DATA_DIR: expected an absolute path/);
    }
    assert.deepEqual(faultsOf({ ...set, DATA_DIR: '/data' }, role), []);
  }
  for (const role of ['work', 'operate'] as const) assert.deepEqual(faultsOf(set, role), []);
});

test('the demo never uses a receiver’s journal, even if JOURNAL_DIR is set', () => {
  const set = { DATA_DIR: '/data', JOURNAL_DIR: '/var/lib/receiver/journal' };
  assert.equal(read(set, 'demo').journal.dir, '/data/demo/journal');
  assert.equal(read({ ...set, ...APP }, 'serve').journal.dir, '/var/lib/receiver/journal');
});
