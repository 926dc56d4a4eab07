import { createHmac, timingSafeEqual } from 'node:crypto';
import { inflateSync } from 'node:zlib';

export type UserSigClaims = { sdkAppId: string; identifier: string; secretKey: string };

/**
 * Judges a UserSig as the vendor does: 0, or the ErrorCode that says what is wrong with it.
 * The format (TLS sig API v2): zlib of JSON, in base64 with `*-_` for `+/=`; HMAC-SHA256 over its fields.
 */
export function judgeUserSig(userSig: string, { sdkAppId, identifier, secretKey }: UserSigClaims): number {
  const document = decode(userSig);
  if (document?.['TLS.ver'] !== '2.0') return 70003;
  if (document['TLS.identifier'] !== identifier) return 70013;
  if (document['TLS.sdkappid'] !== Number(sdkAppId)) return 70014;
  const signed = ['identifier', 'sdkappid', 'time', 'expire']
    .map((field) => `TLS.${field}:${document[`TLS.${field}`]}\n`)
    .join('');
  const expected = createHmac('sha256', secretKey).update(signed).digest();
  const actual = Buffer.from(String(document['TLS.sig']), 'base64');
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) return 70009;
  const expiresAt = Number(document['TLS.time']) + Number(document['TLS.expire']);
  return expiresAt * 1000 > Date.now() ? 0 : 70001;
}

function decode(userSig: string): Record<string, unknown> | undefined {
  try {
    const base64 = userSig.replaceAll('*', '+').replaceAll('-', '/').replaceAll('_', '=');
    return JSON.parse(inflateSync(Buffer.from(base64, 'base64')).toString());
  } catch {
    return undefined;
  }
}
