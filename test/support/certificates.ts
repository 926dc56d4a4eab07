import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Certificates = { ca: string; key: string; cert: string };

/** A certificate for `name` from a certificate authority made up for it; undefined where openssl is not at hand. */
export function makeCertificates(name: string): Certificates | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'unfriend-tls-'));
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
  const read = (file: string) => readFileSync(join(dir, file), 'utf8');
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  try {
    writeFileSync(join(dir, 'names'), `subjectAltName=DNS:${name}`);
    openssl('req', '-x509', ...key, '-subj', '/CN=test', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', 'key.pem', '-out', 'request');
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
    openssl('x509', '-req', '-in', 'request', ...by, '-days', '2', '-out', 'cert.pem');
    return { ca: read('ca.pem'), key: read('key.pem'), cert: read('cert.pem') };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  } finally {
    rmSync(dir, { recursive: true });
  }
}
