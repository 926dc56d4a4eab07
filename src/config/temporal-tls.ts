import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { Environment } from './role.ts';

const PAIR = 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH';
const HALVES = ['CERT_PATH', 'CERT_DATA', 'KEY_PATH', 'KEY_DATA'].map(
  (half) => `TEMPORAL_TLS_CLIENT_${half}`,
);

/** What is wrong with the certificates. The client would throw only when it is made, and without a name of a setting. */
export function* certificateFaults(
  tls: NativeConnectionOptions['tls'],
  environment: Environment,
): Generator<string> {
  const { clientCertPair, serverRootCACertificate: ca } = typeof tls === 'object' ? (tls ?? {}) : {};
  // envconfig ignores one without the other.
  if (!clientCertPair && HALVES.some((name) => environment[name]?.trim()))
    yield `${PAIR}: expected both, or neither`;
  const pairFault =
    clientCertPair && faultOf({ cert: pem(clientCertPair.crt), key: pem(clientCertPair.key) });
  if (pairFault)
    yield `${PAIR}: expected PEM files of a certificate and of its key, without a passphrase (${pairFault})`;
  if (ca && !pem(ca).includes('-----BEGIN CERTIFICATE-----'))
    yield 'TEMPORAL_TLS_SERVER_CA_CERT_PATH: expected a PEM file that holds the certificate of a CA';
}

/** The fault of a file that can't be read, under the name of its setting. Undefined: the error is about something else. */
export function unreadableFile(error: unknown, environment: Environment): string | undefined {
  const { code, path } = error as NodeJS.ErrnoException;
  const name = path && Object.keys(environment).find((each) => environment[each]?.trim() === path);
  return code && name?.startsWith('TEMPORAL_')
    ? `${name}: expected the path of a file; this one cannot be read (${code})`
    : undefined;
}

function pem(content: Uint8Array): Buffer {
  return Buffer.from(content);
}

/** OpenSSL's words, without the numbers of its own code. They never quote the key. */
function faultOf(options: SecureContextOptions): string | undefined {
  try {
    createSecureContext(options);
    return undefined;
  } catch (error) {
    return error instanceof Error
      ? error.message.replace(/^error:\w+:/, '').replace(/^[^:]*::/, '')
      : 'not valid';
  }
}
