import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readRetryAfter } from '../../../activities/backends/net/http-failures.ts';
import { parseSearchUrl } from '../../../activities/backends/open-search/search-address.ts';
import { parseRedisUrl } from '../../../activities/backends/redis/redis-address.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const folder = temporaryFolder();
after(() => folder.remove());

test('CACHE_URL is split into hosts, user and password; several hosts mean a cluster', () => {
  const one = { nodes: [{ host: 'cache', port: 6379 }], tls: false, db: 0 };
  assert.deepEqual(parseRedisUrl('redis://cache'), one);
  assert.deepEqual(parseRedisUrl('redis://cache/'), one);
  assert.deepEqual(parseRedisUrl('rediss://cache:7000/3'), {
    ...{ nodes: [{ host: 'cache', port: 7000 }], tls: true, db: 3 },
  });
  assert.deepEqual(parseRedisUrl('redis://:p%40ss@cache').password, 'p@ss');
  assert.deepEqual(parseRedisUrl('redis://me:p:a@s,s@[::1]:7000'), {
    ...{ nodes: [{ host: '::1', port: 7000 }], tls: false, db: 0, username: 'me', password: 'p:a@s,s' },
  });
  assert.deepEqual(parseRedisUrl('rediss://me:pw@a:7000, b, 10.0.0.1:7002').nodes, [
    { host: 'a', port: 7000 },
    { host: 'b', port: 6379 },
    { host: '10.0.0.1', port: 7002 },
  ]);
});

test('SEARCH_URL is split into the address, and user and password', () => {
  assert.deepEqual(parseSearchUrl('https://me:p%40ss@search:9200/path'), {
    ...{ node: 'https://search:9200/path', username: 'me', password: 'p@ss' },
  });
  assert.deepEqual(parseSearchUrl('http://search'), { node: 'http://search/', username: '', password: '' });
});

const WRONG = {
  CACHE_URL: [
    ...['redis://', 'redis://s3cr3t@cache', 'redis://me:@s3cr3t', 'redis://:s3cr3t@cache/x', 's3cr3t:6379'],
    ...[
      'redis://:s3cr3t@cache:70000',
      'redis://:s3cr3t@a,b/1',
      'redis://:s3cr3t%@cache',
      'redis://:s3cr3t@a,,b',
    ],
    ...['redis://:s3cr3t@cache?family=6', 'http://me:s3cr3t@cache', 'redis-sentinel://:s3cr3t@cache'],
  ],
  SEARCH_URL: [
    ...[
      'http://',
      'https://me@search?s3cr3t',
      'https://s3cr3t@search',
      'ftp://me:s3cr3t@search',
      's3cr3t:9200',
    ],
    ...['https://:s3cr3t@search', 'https://me:s3cr3t%zz@search', 'https://me:s3cr3t@search#x'],
  ],
  SEARCH_INDEX: ['Friends', '_all', 'a,b', 'friends*', 'a/b', '..', '-a', 'a b'],
  SEARCH_GUARD: ['on', 'field', 'field:', 'field:a b', 'External'],
};

for (const [name, values] of Object.entries(WRONG)) {
  test(`a wrong ${name} is one fault that says what was expected and repeats no secret`, () => {
    for (const value of values) {
      for (const role of ['work', 'operate'] as const) {
        const [fault = '', ...more] = faultsOf({ [name]: value }, role);
        assert.match(fault, new RegExp(`^${name}: expected `), value);
        assert.doesNotMatch(fault, /s3cr3t/);
        assert.deepEqual(more, []);
      }
    }
  });
}

test('given no setting, then the index is friends and the guard is external', () => {
  const { url, index, guard, ca } = read({}, 'operate').search;
  assert.deepEqual(
    { url, index, guard, ca },
    {
      ...{ url: 'embedded', index: 'friends', guard: { kind: 'external' }, ca: undefined },
    },
  );
  const set = read(
    { SEARCH_URL: 'https://search', SEARCH_INDEX: 'app-friends', SEARCH_GUARD: 'field:meta.at' },
    'work',
  );
  assert.equal(set.search.index, 'app-friends');
  assert.deepEqual(set.search.guard, { kind: 'field', field: 'meta.at' });
});

test('SEARCH_CA is read where it is needed, and has to be a certificate', () => {
  const [good, bad] = [join(folder.path, 'ca.pem'), join(folder.path, 'key.pem')];
  writeFileSync(good, '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n');
  writeFileSync(bad, '-----BEGIN PRIVATE KEY-----\n');
  assert.match(read({ SEARCH_CA: good }, 'work').search.ca ?? '', /^-----BEGIN CERTIFICATE/);
  assert.match(faultsOf({ SEARCH_CA: bad }, 'work').join(), /^SEARCH_CA: expected a PEM file/);
  assert.match(
    faultsOf({ SEARCH_CA: `${good}.not` }, 'work').join(),
    /^SEARCH_CA: .*cannot be read \(ENOENT\)/,
  );
  for (const role of ['serve', 'operate', 'demo'] as const) {
    assert.deepEqual(faultsOf({ SEARCH_CA: `${good}.not`, SDK_APP_ID: '1400000000' }, role), []);
  }
});

test('Retry-After is seconds or a date, and never more than an hour', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(readRetryAfter('7', now), 7_000);
  assert.equal(readRetryAfter('Thu, 01 Jan 2026 00:00:05 GMT', now), 5_000);
  assert.equal(readRetryAfter('86400', now), 3_600_000);
  for (const none of [undefined, '', '0', 'soon', '-1', 'Wed, 31 Dec 2025 23:59:59 GMT']) {
    assert.equal(readRetryAfter(none, now), undefined);
  }
});
