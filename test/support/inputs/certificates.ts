import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM. */
export type Certificate = { cert: string; key: string };

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** A fresh certificate for this machine, signed by itself and so its own CA; its files stay in `folder`. */
export function selfSigned(folder: string): Certificate & { certFile: string; keyFile: string } {
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  openssl(folder, 'req', '-x509', ...NEW_KEY, ...names, '-days', '2', '-keyout', keyFile, '-out', certFile);
  return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
}

/** A certificate for `name` from a certificate authority made up for it. */
export function signedByAuthority(name: string): Certificate & { ca: string } {
  const dir = mkdtempSync(join(tmpdir(), 'unfriend-tls-'));
  const read = (file: string) => readFileSync(join(dir, file), 'utf8');
  const authority = ['-subj', '/CN=test', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem'];
  const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
  try {
    writeFileSync(join(dir, 'names'), `subjectAltName=DNS:${name}`);
    openssl(dir, 'req', '-x509', ...NEW_KEY, ...authority);
    openssl(dir, 'req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', 'key.pem', '-out', 'request');
    openssl(dir, 'x509', '-req', '-in', 'request', ...by, '-days', '2', '-out', 'cert.pem');
    return { ca: read('ca.pem'), key: read('key.pem'), cert: read('cert.pem') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A certificate authority made up for a test, with its files in a folder. */
export class Authority {
  /** Its certificate. */
  readonly caFile: string;
  readonly ca: string;
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.caFile = join(folder, 'ca.pem');
    openssl(
      folder,
      'req',
      '-x509',
      ...NEW_KEY,
      '-subj',
      '/CN=test',
      '-days',
      '2',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
    );
    this.ca = readFileSync(this.caFile, 'utf8');
  }

  /**
   * Signs a certificate for `name`.
   *
   * @param days for which it is valid; -1: it has expired
   */
  sign(name: string, days = 2): Certificate & { certFile: string; keyFile: string } {
    const certFile = join(this.#folder, `${name}.${days}.pem`);
    const keyFile = `${certFile}.key`;
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'names'];
    writeFileSync(join(this.#folder, 'names'), `subjectAltName=DNS:${name}`);
    openssl(this.#folder, 'req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', keyFile, '-out', 'request');
    openssl(this.#folder, 'x509', '-req', '-in', 'request', ...by, '-days', String(days), '-out', certFile);
    return { certFile, keyFile, cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }
}

function openssl(cwd: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd, stdio: 'pipe', timeout: 20_000 });
}
