const PREFIX = 'whsec_';

/** The limits of the Standard Webhooks specification. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** Reads the key from a webhook secret: base64 after `whsec_`, else the text itself. Undefined: not usable. */
export function readWebhookSecret(secret: string): Uint8Array | undefined {
  const key = secret.startsWith(PREFIX)
    ? readBase64(secret.slice(PREFIX.length))
    : Buffer.from(secret, 'latin1');
  if (!key || key.length < MIN_BYTES || key.length > MAX_BYTES) return undefined;
  return /^[\x21-\x7e]+$/.test(secret) ? key : undefined;
}

function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node.js skips characters that are not base64. So the text was base64 only if encoding gives it back.
  return bytes.toString('base64') === text ? bytes : undefined;
}
