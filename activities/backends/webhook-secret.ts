const PREFIX = 'whsec_';

/** As the Standard Webhooks specification has it. */
const MIN_BYTES = 24;
const MAX_BYTES = 64;

/** The key that a webhook secret stands for: base64 after `whsec_`, else the text itself. Undefined: not usable. */
export function readWebhookSecret(secret: string): Uint8Array | undefined {
  const key = secret.startsWith(PREFIX)
    ? readBase64(secret.slice(PREFIX.length))
    : Buffer.from(secret, 'latin1');
  if (!key || key.length < MIN_BYTES || key.length > MAX_BYTES) return undefined;
  return /^[\x21-\x7e]+$/.test(secret) ? key : undefined;
}

function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is no base64: only what reads the same again was some.
  return bytes.toString('base64') === text ? bytes : undefined;
}
