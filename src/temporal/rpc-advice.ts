import { status } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';

const CLIENT_CERTIFICATE = 'TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH';

/** What to do about a connection that failed, by words of the reason. The first that fits counts. */
const BY_REASON: [reason: RegExp, advice: string][] = [
  [
    /self[- ]signed certificate|unable to (get|verify)/i,
    "this machine does not trust the server's certificate: set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of the CA that signed it",
  ],
  [
    /altnames|does not match certificate/i,
    "the server's certificate is for another name: set TEMPORAL_ADDRESS to a name that it is for, or set TEMPORAL_TLS_SERVER_NAME to it",
  ],
  // Node.js says it only of the server's certificate; of one's own the server says it, in an alert.
  [
    /^(?!.*alert).*(certificate has expired|not yet valid)/i,
    "the server's certificate is not valid at this time: renew it, and check this machine's clock",
  ],
  [/certificate required/i, `the server wants a client certificate: set ${CLIENT_CERTIFICATE}`],
  [
    /alert|bad certificate|unknown ca\b/i,
    `the server refused the client certificate: check that ${CLIENT_CERTIFICATE} belong together, that the certificate has not expired, and that the server trusts its CA`,
  ],
  [
    /wrong version number|packet length too long|http request/i,
    'the server speaks no TLS there: check the port of TEMPORAL_ADDRESS, or unset TEMPORAL_TLS, TEMPORAL_TLS_* and TEMPORAL_API_KEY',
  ],
  [
    /ECONNRESET|EPIPE|socket hang up|socket disconnected|failed to connect|connection dropped|protocol error/i,
    `the server closed the connection: if it wants TLS, set TEMPORAL_TLS=true; if it wants a client certificate, set ${CLIENT_CERTIFICATE} to one that it trusts and that has not expired`,
  ],
  [/ENOTFOUND|EAI_AGAIN/i, 'no such host is known: check TEMPORAL_ADDRESS'],
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/i,
    'nobody listens there: check TEMPORAL_ADDRESS, and that Temporal runs',
  ],
];

/** What to do about a request that Temporal refused, or that did not reach it. Undefined: nothing special is known. */
export function adviseOnRpcError(error: unknown): string | undefined {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  if (!isGrpcServiceError(cause)) return undefined;
  if (cause.code === status.UNAUTHENTICATED)
    return 'Temporal does not accept the credentials: check TEMPORAL_API_KEY, and that the key has not expired and is not disabled; with a client certificate, check that the namespace accepts its CA';
  if (cause.code === status.PERMISSION_DENIED)
    return 'the credentials have no right to this: check TEMPORAL_NAMESPACE (on Temporal Cloud <name>.<account>), and what the API key or certificate may do in it';
  if (cause.code !== status.UNAVAILABLE) return undefined;
  return BY_REASON.find(([reason]) => reason.test(cause.details))?.[1];
}
