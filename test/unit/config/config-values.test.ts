import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf, MINUTE, read } from '../../support/inputs/settings.ts';

test('an empty or blank value counts as unset', () => {
  const names = [
    'CALLBACK_TOKEN',
    'CALLBACK_PATH',
    'PORT',
    'MAX_BODY',
    'DEDUPE_WINDOW',
    'CACHE_URL',
    'CACHE_KEYS',
  ];
  for (const blank of ['', '  ']) {
    const blanks = Object.fromEntries([...names, 'JOURNAL_DIR', 'INTAKE'].map((name) => [name, blank]));
    assert.deepEqual(read(blanks, 'operate'), read({ CACHE_URL: undefined }, 'operate'));
  }
});

test('blanks around a value do not count', () => {
  assert.equal(read({ PORT: ' 9000 ' }, 'operate').http.port, 9000);
});

test('durations are read with their units', () => {
  for (const [value, expected] of [
    ['500ms', 500],
    ['75s', 75_000],
    ['2m', 2 * MINUTE],
    ['1.5h', 90 * MINUTE],
    ['7d', 7 * 24 * 60 * MINUTE],
    ['2 minutes', 2 * MINUTE],
    ['0s', 0],
  ] as const) {
    const { dedupeWindow, retryFor, attentionFor, http } = read(
      { DEDUPE_WINDOW: value, RETRY_FOR: value, ATTENTION_FOR: value, KEEP_ALIVE: value, DRAIN_DELAY: value },
      'operate',
    );
    assert.deepEqual(
      [dedupeWindow, retryFor, attentionFor, http.keepAlive, http.drainDelay],
      Array(5).fill(expected),
      value,
    );
  }
});

for (const name of ['DEDUPE_WINDOW', 'RETRY_FOR', 'ATTENTION_FOR', 'KEEP_ALIVE', 'DRAIN_DELAY']) {
  test(`${name} refuses a value that is not a duration`, () => {
    for (const value of ['soon', '75', '-1s', '5 parsecs', '1m30s', '1e3s', 'Infinity', '01:00', 's']) {
      assert.match(
        faultsOf({ [name]: value }, 'operate').join(),
        new RegExp(`^${name}: expected a duration`),
        value,
      );
    }
  });
}

test('durations have an upper bound, and zero needs no unit', () => {
  assert.match(faultsOf({ DRAIN_DELAY: '25d' }, 'operate').join(), /^DRAIN_DELAY: expected at most 24d/);
  assert.match(faultsOf({ RETRY_FOR: '2y' }, 'operate').join(), /^RETRY_FOR: expected at most 365d/);
  assert.equal(read({ DRAIN_DELAY: '0' }, 'operate').http.drainDelay, 0);
});

test('PORT and OPS_PORT must differ, also if one is the default, unless both are 0 (any free port)', () => {
  const app = { SDK_APP_ID: '1400483163' };
  for (const ports of [{ PORT: '9000', OPS_PORT: '9000' }, { PORT: '8081' }, { OPS_PORT: '8080' }]) {
    const found = faultsOf({ ...app, ...ports }, 'serve');
    assert.deepEqual(found, ['OPS_PORT: expected another port than PORT'], JSON.stringify(ports));
  }
  assert.equal(read({ ...app, PORT: '0', OPS_PORT: '0' }, 'serve').http.port, 0);
  assert.equal(read({ OPS_PORT: '8080' }, 'work').http.opsPort, 8080);
  assert.equal(read({ PORT: '8081' }, 'demo').http.port, 8081);
  assert.match(faultsOf({ ...app, PORT: 'x', OPS_PORT: '8080' }, 'serve').join(), /^PORT: [^,]*$/);
});

test('a TASK_QUEUE that Temporal refuses is refused at the start', () => {
  const refused = ['/_sys/mine', 'q'.repeat(1_001), 'é'.repeat(501)];
  for (const TASK_QUEUE of refused)
    assert.match(faultsOf({ TASK_QUEUE }, 'work').join(), /^TASK_QUEUE: expected at most 1000 bytes/);
  assert.equal(read({ TASK_QUEUE: 'q'.repeat(1_000) }, 'work').taskQueue.length, 1_000);
});

test('the demo in production reports only that NODE_ENV has to be unset, and no setting that it ignores', () => {
  assert.deepEqual(faultsOf({ NODE_ENV: 'production', DATA_DIR: 'here' }, 'demo'), [
    'NODE_ENV: the demo is for trying out, on made-up data; unset NODE_ENV to run it',
  ]);
});

test('the demo shows each first try as an activity unless FIRST_PASS says otherwise; other commands try locally', () => {
  assert.equal(read({}, 'demo').firstPass, 'activities');
  assert.equal(read({ FIRST_PASS: 'local' }, 'demo').firstPass, 'local');
  assert.equal(read({}, 'operate').firstPass, 'local');
  assert.equal(read({ FIRST_PASS: 'activities' }, 'operate').firstPass, 'activities');
  const faults = faultsOf({ FIRST_PASS: 'first' }, 'operate');
  assert.deepEqual(faults, ['FIRST_PASS: expected one of: local, activities']);
});

test('sizes are read with their units', () => {
  for (const [value, expected] of [
    ['512kb', 512 * 1024],
    ['1mb', 1024 * 1024],
    ['1MB', 1024 * 1024],
    ['1.5mb', 1.5 * 1024 * 1024],
    ['1900kb', 1900 * 1024],
    ['4096', 4096],
    ['4096b', 4096],
  ] as const) {
    assert.equal(read({ MAX_BODY: value }, 'operate').callback.maxBody, expected, value);
  }
});

test('MAX_BODY refuses a value that is not a size, and a size above Temporal’s limit', () => {
  for (const value of ['big', '0', '-1mb', 'mb']) {
    assert.match(faultsOf({ MAX_BODY: value }, 'operate').join(), /^MAX_BODY: expected a size/, value);
  }
  for (const value of ['1901kb', '2mb', '1gb']) {
    assert.match(
      faultsOf({ MAX_BODY: value }, 'operate').join(),
      /^MAX_BODY: expected at most 1900kb/,
      value,
    );
  }
});

test('MAX_BODY refuses a unit that it does not know, and does not read the number as bytes', () => {
  for (const value of ['1m', '512k', '1 megabyte', '1MiB', '1,5mb']) {
    assert.match(faultsOf({ MAX_BODY: value }, 'operate').join(), /^MAX_BODY: expected a size/, value);
  }
});

for (const name of ['PORT', 'OPS_PORT', 'LOCAL_TEMPORAL_PORT', 'LOCAL_TEMPORAL_UI_PORT']) {
  test(`${name} is a port from 0 to 65535`, () => {
    for (const value of ['0', '80', '65535'])
      assert.deepEqual(faultsOf({ [name]: value }, 'operate'), [], value);
    for (const value of ['65536', '-1', '8080/tcp', '80.5', '0x50', '1e3', 'http', '000080']) {
      assert.match(
        faultsOf({ [name]: value }, 'operate').join(),
        new RegExp(`^${name}: expected a port`),
        value,
      );
    }
  });
}

test('BATCH_ABOVE and BATCH_SIZE are whole numbers up to 1000, and a batch has at least one pair', () => {
  assert.deepEqual(read({}, 'operate').batch, { above: 10, size: 100 });
  const set = { BATCH_ABOVE: '0', BATCH_SIZE: '1000' };
  assert.deepEqual(read(set, 'operate').batch, { above: 0, size: 1_000 });
  for (const [name, values] of [
    ['BATCH_ABOVE', ['-1', '1001', '1.5', 'ten', '1e2']],
    ['BATCH_SIZE', ['0', '1001', '-5', '0x10']],
  ] as const) {
    for (const value of values) {
      assert.match(
        faultsOf({ [name]: value }, 'operate').join(),
        new RegExp(`^${name}: expected a whole number from [01] to 1000$`),
        value,
      );
    }
  }
});

test('CALLBACK_PATH is a plain path', () => {
  for (const path of ['/', '/tencent', '/tencent/7f3a_-.~', '/a/']) {
    assert.equal(read({ CALLBACK_PATH: path }, 'operate').callback.path, path);
  }
  for (const path of ['tencent', '/a b', '/a?b', '/:id', '/(.*)', '/*', '/é', 'https://host/']) {
    assert.match(
      faultsOf({ CALLBACK_PATH: path }, 'operate').join(),
      /^CALLBACK_PATH: expected a path/,
      path,
    );
  }
});

test('IGNORE_PLATFORMS is a list, in upper or lower case', () => {
  const { callback } = read({ IGNORE_PLATFORMS: 'RESTAPI, Web' }, 'operate');
  assert.deepEqual(callback.ignorePlatforms, ['restapi', 'web']);
});

test('templates must contain the accounts that make one key or document different from another', () => {
  const { cache } = read(
    { CACHE_KEYS: 'friends:{From_Account}, seen:{From_Account}:{To_Account}' },
    'operate',
  );
  assert.deepEqual(cache.keys, ['friends:{From_Account}', 'seen:{From_Account}:{To_Account}']);
  for (const CACHE_KEYS of ['friends', 'friends:{From_Account},all', 'friends:{from_account}', ',']) {
    assert.match(faultsOf({ CACHE_KEYS }, 'operate').join(), /^CACHE_KEYS: expected templates that name/);
  }
  for (const SEARCH_DOCUMENT_ID of ['{From_Account}', '{To_Account}', 'x', '{From}:{To}']) {
    assert.match(
      faultsOf({ SEARCH_DOCUMENT_ID }, 'operate').join(),
      /^SEARCH_DOCUMENT_ID: expected a template/,
    );
  }
});
