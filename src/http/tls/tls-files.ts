import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** The paths of PEM files. */
export type TlsFiles = { cert: string; key: string };

/** Their content. */
export type TlsPair = { cert: Buffer; key: Buffer };

/** @throws Error when a file can't be read */
export function readPair({ cert, key }: TlsFiles): TlsPair {
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

/** Why a server can't use the pair: OpenSSL's words, which repeat nothing of the key. Undefined: it can. */
export function faultOfPair(pair: TlsPair): string | undefined {
  try {
    createSecureContext(pair);
    return undefined;
  } catch (error) {
    const { reason, code, message } = error as Error & { reason?: string; code?: string };
    return reason ?? code ?? message;
  }
}

export function isSamePair(one: TlsPair, other: TlsPair): boolean {
  return one.cert.equals(other.cert) && one.key.equals(other.key);
}
