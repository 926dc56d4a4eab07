import { readFileSync } from 'node:fs';
import { faultOfPair, readPair, type TlsFiles } from '../http/tls/tls-files.ts';

/** The PEM file's content. */
export function readCertificate(
  name: 'SEARCH_CA' | 'RELAY_CA',
  path: string | undefined,
  faults: string[],
): string | undefined {
  if (!path) return undefined;
  try {
    const pem = readFileSync(path, 'utf8');
    if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
    faults.push(`${name}: expected a PEM file that holds the certificate of a CA`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    faults.push(`${name}: expected the path of a PEM file; this one cannot be read (${code})`);
  }
  return undefined;
}

/** Looks whether a receiver can use the certificate and the key. Absent: plain HTTP. */
export function checkTlsFiles(
  { TLS_CERT: cert, TLS_KEY: key }: { TLS_CERT?: string | undefined; TLS_KEY?: string | undefined },
  faults: string[],
): TlsFiles | undefined {
  if (!cert && !key) return undefined;
  if (!cert || !key) {
    const [missing, present] = cert ? ['TLS_KEY', 'TLS_CERT'] : ['TLS_CERT', 'TLS_KEY'];
    faults.push(`${missing}: missing; ${present} needs it; or unset both and let a proxy end TLS`);
    return undefined;
  }
  const fault = faultOfFiles({ cert, key });
  if (fault) faults.push(fault);
  return { cert, key };
}

function faultOfFiles(files: TlsFiles): string | undefined {
  try {
    const fault = faultOfPair(readPair(files));
    return (
      fault && `TLS_CERT: expected the PEM file of a certificate, and in TLS_KEY that of its key (${fault})`
    );
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    const name = path === files.cert ? 'TLS_CERT' : 'TLS_KEY';
    return `${name}: expected the path of a PEM file; this one cannot be read (${code})`;
  }
}
