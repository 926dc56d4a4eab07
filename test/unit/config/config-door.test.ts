import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { selfSigned } from '../../support/inputs/certificates.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const APP = { SDK_APP_ID: '1400000000' };
const [folder, another] = [temporaryFolder(), temporaryFolder()];
after(() => {
  folder.remove();
  another.remove();
});
const { certFile, keyFile } = selfSigned(folder.path);
const { keyFile: otherKey } = selfSigned(another.path);

describe('TLS_CERT and TLS_KEY', () => {
  test('are files of a certificate and its key, for receivers', () => {
    const tls = { TLS_CERT: certFile, TLS_KEY: keyFile };
    for (const role of ['serve', 'start'] as const) {
      assert.deepEqual(read({ ...APP, ...tls }, role).http.tls, { cert: certFile, key: keyFile });
    }
    for (const role of ['work', 'operate', 'demo'] as const) {
      assert.equal(read({ TLS_CERT: '/nothing', TLS_KEY: '/nothing' }, role).http.tls, undefined);
    }
  });

  const text = join(folder.path, 'text');
  writeFileSync(text, 's3cr3t\n');
  for (const [what, set, fault] of [
    ['a certificate alone', { TLS_CERT: certFile }, /^TLS_KEY: missing; TLS_CERT needs it/],
    ['a key alone', { TLS_KEY: keyFile }, /^TLS_CERT: missing; TLS_KEY needs it/],
    [
      'a certificate that is not there',
      { TLS_CERT: '/nothing', TLS_KEY: keyFile },
      /^TLS_CERT: .*\(ENOENT\)/,
    ],
    ['a key that is a folder', { TLS_CERT: certFile, TLS_KEY: folder.path }, /^TLS_KEY: .*\(EISDIR\)/],
    [
      'a key of another certificate',
      { TLS_CERT: certFile, TLS_KEY: otherKey },
      /^TLS_CERT: .*\(key values mismatch\)/,
    ],
    ['a file that is no key', { TLS_CERT: certFile, TLS_KEY: text }, /^TLS_CERT: expected the PEM file/],
    [
      'a file that is no certificate',
      { TLS_CERT: text, TLS_KEY: keyFile },
      /^TLS_CERT: expected the PEM file/,
    ],
  ] as const) {
    test(`given ${what}, then that is one fault`, () => {
      const [found = '', ...more] = faultsOf({ ...APP, ...set }, 'serve');
      assert.match(found, fault);
      assert.doesNotMatch(found, /s3cr3t/);
      assert.deepEqual(more, []);
    });
  }
});

describe('CALLBACK_ALLOW and TRUSTED_PROXIES', () => {
  test('are addresses and CIDRs, and tencent', () => {
    const set = { CALLBACK_ALLOW: ' tencent, 10.0.0.0/8,::1', TRUSTED_PROXIES: '192.0.2.7' };
    const { allow, trustedProxies } = read(set, 'operate').http;
    assert.deepEqual([allow?.tencent, allow?.ranges.length, trustedProxies.length], [true, 2, 1]);
    assert.equal(read({}, 'operate').http.allow, undefined);
  });

  test('name what is neither', () => {
    for (const [name, value, item] of [
      ['CALLBACK_ALLOW', '10.0.0.0/8,10.0.0.0/33', '10.0.0.0/33'],
      ['CALLBACK_ALLOW', 'Tencent', 'Tencent'],
      ['TRUSTED_PROXIES', 'tencent', 'tencent'],
      ['TRUSTED_PROXIES', 'lb.internal', 'lb.internal'],
    ] as const) {
      const [fault = '', ...more] = faultsOf({ [name]: value }, 'operate');
      assert.ok(
        fault.startsWith(`${name}: expected addresses and CIDRs`) && fault.endsWith(`; ${item} is neither`),
        fault,
      );
      assert.deepEqual(more, []);
    }
    assert.match(faultsOf({ CALLBACK_ALLOW: ',' }, 'operate').join(), /^CALLBACK_ALLOW: expected/);
  });

  test('need TENCENT_SECRET_KEY for tencent, on receivers alone', () => {
    const allow = { ...APP, CALLBACK_ALLOW: 'tencent' };
    for (const role of ['serve', 'start'] as const) {
      assert.match(faultsOf(allow, role).join(), /^TENCENT_SECRET_KEY: missing; tencent in CALLBACK_ALLOW/);
      assert.deepEqual(faultsOf({ ...allow, TENCENT_SECRET_KEY: 'key' }, role), []);
    }
    for (const role of ['work', 'operate', 'demo'] as const) assert.deepEqual(faultsOf(allow, role), []);
  });

  test('ask the vendor over TLS in production', () => {
    const production = {
      ...APP,
      NODE_ENV: 'production',
      DATA_DIR: '/data',
      CALLBACK_TOKEN: 'token',
      TENCENT_SECRET_KEY: 'key',
      TENCENT_DOMAIN: 'http://127.0.0.1:1',
    };
    assert.deepEqual(faultsOf(production, 'serve'), []);
    assert.match(
      faultsOf({ ...production, CALLBACK_ALLOW: 'tencent' }, 'serve').join(),
      /^TENCENT_DOMAIN: http:/,
    );
  });
});
