import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, describe, test } from 'node:test';
import { connect } from 'node:tls';
import { type Certificate, selfSigned } from '../../../support/inputs/certificates.ts';
import { temporaryFolder } from '../../../support/servers/temporal.ts';
import { type Door, openDoor } from '../../../support/stages/door.ts';
import { until } from '../../../support/until.ts';

const folder = temporaryFolder();
after(() => folder.remove());

function freshPair(): Certificate {
  return selfSigned(mkdtempSync(join(folder.path, 'pair-')));
}

/** The certificate that new connections get, by its fingerprint. */
function shownBy({ server }: Door): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

describe('a certificate and key that change while a receiver runs', () => {
  let dir: string;
  let door: Door;
  let first: string;
  beforeEach(async () => {
    dir = mkdtempSync(join(folder.path, 'mounted-'));
    mount(freshPair());
    door = await openDoor({}, { tls: { cert: join(dir, 'tls.crt'), key: join(dir, 'tls.key') } });
    first = await shownBy(door);
  });
  afterEach(() => door.server.close());

  /** As Kubernetes mounts a secret: the files are links into a folder, which is a link that changes. */
  function mount({ cert, key }: Certificate): void {
    const data = mkdtempSync(join(dir, '..data-'));
    writeFileSync(join(data, 'tls.crt'), cert);
    writeFileSync(join(data, 'tls.key'), key);
    symlinkSync(data, join(dir, '..new'));
    renameSync(join(dir, '..new'), join(dir, '..data'));
    for (const name of ['tls.crt', 'tls.key']) {
      try {
        symlinkSync(join('..data', name), join(dir, name));
      } catch {
        // It is there from the first time.
      }
    }
  }

  test('are used for new connections', async () => {
    mount(freshPair());
    await until('the new certificate', async () => (await shownBy(door)) !== first);
    assert.ok(door.logs.some(({ msg }) => String(msg).startsWith('TLS_CERT and TLS_KEY have changed')));
  });

  test('change nothing while they do not fit together: the log says so once, and the next good pair is used', async () => {
    const [good, other] = [freshPair(), freshPair()];
    mount({ cert: good.cert, key: other.key });
    const faults = () => door.logs.filter(({ level }) => level === 'error');
    await until('the error', () => faults().length > 0);
    assert.equal(await shownBy(door), first);
    assert.equal(faults()[0]?.reason, 'key values mismatch');
    assert.doesNotMatch(JSON.stringify(door.logs), /PRIVATE KEY/);
    mount(good);
    await until('the good certificate', async () => (await shownBy(door)) !== first);
    assert.equal(faults().length, 1);
  });

  test('change nothing while they are gone', async () => {
    renameSync(join(dir, '..data'), join(dir, '..away'));
    mkdirSync(join(dir, '..data'));
    await until('the error', () => door.logs.some(({ level }) => level === 'error'));
    assert.equal(await shownBy(door), first);
  });
});
