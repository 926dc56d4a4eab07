import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { selfSigned } from '../../support/inputs/certificates.ts';
import {
  FREE_PORTS,
  type ProcessSettings,
  runUnfriend,
  UnfriendProcess,
} from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

describe('unfriend serve with TLS_CERT and TLS_KEY', () => {
  const [folder, another] = [temporaryFolder(), temporaryFolder()];
  const { certFile, keyFile } = selfSigned(folder.path);
  let settings: ProcessSettings;
  let receiver: UnfriendProcess;
  let url: string;

  before(async () => {
    settings = {
      ...FREE_PORTS,
      DATA_DIR: folder.path,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      TLS_CERT: certFile,
      TLS_KEY: keyFile,
    };
    receiver = new UnfriendProcess(['serve'], settings);
    url = String((await receiver.log('taking callbacks')).url);
  });
  after(async () => {
    await receiver.kill();
    folder.remove();
    another.remove();
  });

  const send = (ca: string) =>
    runUnfriend(['send', '--url', url, '--json'], { ...settings, NODE_EXTRA_CA_CERTS: ca });

  test('takes callbacks by HTTPS; OPS_PORT stays plain; send trusts a CA of its own by NODE_EXTRA_CA_CERTS', async () => {
    assert.match(url, /^https:/);
    const { code, stdout } = await send(certFile);
    assert.equal(code, 0, stdout);
    const { url: ops } = await receiver.log('health, readiness and metrics');
    assert.match(String(ops), /^http:/);
    assert.equal((await fetch(`${ops}/healthz`)).status, 200);
    const stranger = await runUnfriend(['send', '--url', url, '--json'], settings);
    assert.equal(stranger.code, 1);
    assert.match(stranger.stdout, /self-signed certificate/);
  });

  test('uses a new certificate without a restart', async () => {
    const renewed = selfSigned(another.path);
    copyFileSync(renewed.certFile, certFile);
    copyFileSync(renewed.keyFile, keyFile);
    await receiver.log('TLS_CERT and TLS_KEY have changed: new connections use them');
    const { code, stdout } = await send(join(another.path, 'cert.pem'));
    assert.equal(code, 0, stdout);
  });

  test('given a key of another certificate, then the start is refused with 2 and says what is wrong', async () => {
    const { keyFile: wrong } = selfSigned(temporary());
    const { code, stderr } = await runUnfriend(['serve'], { ...settings, TLS_KEY: wrong });
    assert.equal(code, 2);
    assert.match(stderr, /TLS_CERT: expected the PEM file of a certificate.*\(key values mismatch\)/);
    assert.doesNotMatch(stderr, /PRIVATE KEY/);
  });

  const folders: { remove(): void }[] = [];
  function temporary(): string {
    const made = temporaryFolder();
    folders.push(made);
    return made.path;
  }
  after(() => {
    for (const made of folders) made.remove();
  });
});
