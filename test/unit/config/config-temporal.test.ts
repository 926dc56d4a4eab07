import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { faultsOf, read } from '../../support/inputs/settings.ts';

test('TEMPORAL_* say where Temporal is', () => {
  const { temporal } = read(
    { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_NAMESPACE: 'chat' },
    'work',
  );
  assert.equal(temporal.connectionOptions.address, 'temporal.example:7233');
  assert.equal(temporal.namespace, 'chat');
  assert.equal(temporal.configured, true);
  const cloud = read({ TEMPORAL_ADDRESS: 'a:7233', TEMPORAL_API_KEY: 'key' }, 'work').temporal;
  assert.deepEqual([cloud.connectionOptions.apiKey, cloud.connectionOptions.tls], ['key', true]);
});

test('given no address, then Temporal is not configured and the default is used', () => {
  for (const environment of [{}, { TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '' }]) {
    const { temporal } = read(environment, 'work');
    assert.deepEqual(
      [temporal.configured, temporal.connectionOptions.address, temporal.namespace],
      [false, 'localhost:7233', 'default'],
    );
  }
});

test('blanks around TEMPORAL_* do not count, and nothing but blanks is unset', () => {
  const { temporal } = read({ TEMPORAL_ADDRESS: ' a:7233 ', TEMPORAL_NAMESPACE: ' chat ' }, 'work');
  assert.deepEqual([temporal.connectionOptions.address, temporal.namespace], ['a:7233', 'chat']);
  assert.equal(read({ TEMPORAL_ADDRESS: '  ' }, 'work').temporal.configured, false);
});

test('a Temporal profile on disk is used, except by the demo, which runs its own server', (t) => {
  const TEMPORAL_CONFIG_FILE = configFile(
    t,
    '[profile.default]\naddress = "disk:1"\nnamespace = "from-disk"\n',
  );
  const { temporal } = read({ TEMPORAL_CONFIG_FILE }, 'work');
  assert.deepEqual([temporal.connectionOptions.address, temporal.namespace], ['disk:1', 'from-disk']);
  assert.equal(read({ TEMPORAL_CONFIG_FILE }, 'demo').temporal.configured, false);
});

test('an empty Temporal configuration file has the same effect as no file', (t) => {
  const { temporal } = read({ TEMPORAL_CONFIG_FILE: configFile(t, ''), TEMPORAL_ADDRESS: 'a:7233' }, 'work');
  assert.equal(temporal.connectionOptions.address, 'a:7233');
});

test('a Temporal profile that does not exist is a fault', () => {
  assert.match(faultsOf({ TEMPORAL_PROFILE: 'nope' }, 'work').join(), /^TEMPORAL_\w*\*?: .*'nope' not found/);
});

test('a fault in the Temporal configuration file never shows the file’s API key', (t) => {
  const TEMPORAL_CONFIG_FILE = configFile(t, '[profile.default]\napi_key = "s3cr3t\naddress = "disk:1"\n');
  const faults = faultsOf({ TEMPORAL_CONFIG_FILE }, 'work');
  assert.equal(faults.length, 1);
  assert.doesNotMatch(faults.join(), /s3cr3t/);
});

function configFile(t: { after(fn: () => void): void }, content: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'unfriend-config-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'temporal.toml');
  writeFileSync(file, content);
  return file;
}

test('the Temporal UI is at TEMPORAL_UI_URL; without it, at Temporal Cloud, or at the UI port of the server’s host', () => {
  const uiOf = (environment: Record<string, string>) => read(environment, 'operate').temporalUi;
  assert.equal(uiOf({ TEMPORAL_UI_URL: 'https://temporal.example/ui/' }), 'https://temporal.example/ui');
  assert.equal(uiOf({}), 'http://localhost:8233');
  assert.equal(uiOf({ TEMPORAL_ADDRESS: '[::1]:7233', LOCAL_TEMPORAL_UI_PORT: '0' }), 'http://[::1]:8233');
  assert.equal(
    uiOf({ TEMPORAL_ADDRESS: 'temporal:7233', LOCAL_TEMPORAL_UI_PORT: '8080' }),
    'http://temporal:8080',
  );
  for (const address of ['chat.abc12.tmprl.cloud:7233', 'eu-west-1.aws.api.temporal.io:7233'])
    assert.equal(uiOf({ TEMPORAL_ADDRESS: address }), 'https://cloud.temporal.io', address);
  assert.match(
    faultsOf({ TEMPORAL_UI_URL: 'temporal' }, 'operate').join(),
    /^TEMPORAL_UI_URL: expected http/,
  );
});

test('a file of TEMPORAL_TLS_* that cannot be read, and a pair that is none, are faults of their settings', (t) => {
  const TEMPORAL_ADDRESS = 'a:7233';
  const unreadable = {
    TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere.pem',
    TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere',
  };
  assert.deepEqual(faultsOf({ TEMPORAL_ADDRESS, ...unreadable }, 'work'), [
    'TEMPORAL_TLS_CLIENT_CERT_PATH: expected the path of a file; this one cannot be read (ENOENT)',
  ]);
  const file = configFile(t, 'no PEM');
  const pair = /^TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH: expected /;
  const noPem = { TEMPORAL_TLS_CLIENT_CERT_PATH: file, TEMPORAL_TLS_CLIENT_KEY_PATH: file };
  assert.match(faultsOf({ TEMPORAL_ADDRESS, ...noPem }, 'work').join('\n'), pair);
  assert.match(faultsOf({ TEMPORAL_ADDRESS, TEMPORAL_TLS_CLIENT_CERT_PATH: file }, 'work').join('\n'), pair);
  assert.match(
    faultsOf({ TEMPORAL_ADDRESS, TEMPORAL_TLS_SERVER_CA_CERT_PATH: file }, 'work').join('\n'),
    /^TEMPORAL_TLS_SERVER_CA_CERT_PATH: expected a PEM file/,
  );
});
