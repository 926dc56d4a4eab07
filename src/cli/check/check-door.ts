import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fetchCallbackAddresses } from '../../../activities/backends/tencent/callback-addresses.ts';
import type { Settings } from '../../config/settings.ts';
import type { Finding } from './finding.ts';

const DAY = 24 * 60 * 60 * 1_000;

/** A certificate that ends sooner should have been renewed by now, in days. */
const RENEWED_BEFORE = 14;

/** Looks at the certificate of a receiver, and at who may post callbacks to it. */
export async function checkDoor(settings: Settings, now = Date.now()): Promise<Finding[]> {
  return [...checkCertificate(settings, now), ...(await checkAllowed(settings))];
}

function checkCertificate({ http: { tls } }: Settings, now: number): Finding[] {
  if (!tls) return [];
  const component = 'TLS_CERT';
  const { validTo } = new X509Certificate(readFileSync(tls.cert));
  const days = Math.floor((Date.parse(validTo) - now) / DAY);
  if (days < 0) return [{ component, state: 'fault', message: `expired on ${validTo}: renew it` }];
  const message = `valid until ${validTo}`;
  return days < RENEWED_BEFORE
    ? [{ component, state: 'warning', message: `${message}, ${days} days from now: renew it` }]
    : [{ component, state: 'ok', message }];
}

/** Without Tencent's list a receiver lets everyone in, so that is no fault. */
async function checkAllowed({ http: { allow }, tencent, sdkAppId }: Settings): Promise<Finding[]> {
  const { secretKey } = tencent;
  if (!allow?.tencent || !sdkAppId || !secretKey) return [];
  const component = 'CALLBACK_ALLOW';
  try {
    const access = { ...tencent, sdkAppId, secretKey };
    const addresses = await fetchCallbackAddresses(access, new AbortController().signal);
    return [{ component, state: 'ok', message: `Tencent names ${addresses.length} addresses and ranges` }];
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'no answer';
    const message = `${reason}: while Tencent's list cannot be had, everyone is let in; check TENCENT_DOMAIN and TENCENT_SECRET_KEY`;
    return [{ component, state: 'warning', message }];
  }
}
