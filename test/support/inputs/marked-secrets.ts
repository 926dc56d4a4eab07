import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileSetting, SECRETS } from '../../../src/config/secrets.ts';

/** Is in every secret of {@link MARKED}. Wherever it shows up, a secret was printed. */
export const MARKER = 'm4rk3r';

/** A valid value of every secret. Nothing listens at the addresses, so that each of them fails, and failures are printed. */
const MARKED: Record<string, string> = {
  CALLBACK_TOKEN: `${MARKER}-token,${MARKER}-old-token`,
  NOTIFY_SECRET: `${MARKER}-secret-of-the-webhook`,
  TENCENT_SECRET_KEY: `${MARKER}-key`,
  TEMPORAL_API_KEY: `${MARKER}-api-key`,
  // The id of a key is no secret. The key itself is base64, so the marker can be a part of it.
  PAYLOAD_KEYS: `k1:${MARKER.padEnd(43, 'A')}=`,
  CODEC_TOKEN: `${MARKER}-codec`,
  NOTICE_URL: `http://127.0.0.1:1/${MARKER}?key=${MARKER}`,
  CACHE_URL: `redis://me:${MARKER}@127.0.0.1:1`,
  SEARCH_URL: `http://me:${MARKER}@127.0.0.1:1`,
  NOTIFY_URL: `tencent:,http://127.0.0.1:1/${MARKER}?key=${MARKER}`,
  RELAY_URL: `http://127.0.0.1:1/${MARKER}?key=${MARKER}`,
};

export const [MARKED_TOKEN = ''] = (MARKED.CALLBACK_TOKEN ?? '').split(',');

/** A form of the secrets in which they may be printed by accident. */
const ENCODED = [`me:${MARKER}`, MARKED_TOKEN].map((text) => Buffer.from(text).toString('base64'));

/** All secrets, in the environment. */
export function secretsInEnvironment(): Record<string, string> {
  return Object.fromEntries(
    SECRETS.map((name) => [name, MARKED[name] ?? assert.fail(`${name} has no value here`)]),
  );
}

/** All secrets, each in a file of `folder`. */
export function secretsInFiles(folder: string): Record<string, string> {
  const settings = Object.entries(secretsInEnvironment()).flatMap(([name, value]) => {
    const path = join(folder, name);
    writeFileSync(path, `${value}\n`);
    return [
      [name, ''],
      [fileSetting(name), path],
    ];
  });
  return Object.fromEntries(settings);
}

/** @param printed where it was printed, and what */
export function assertNoSecret(printed: Record<string, string>): void {
  for (const [where, text] of Object.entries(printed)) {
    assert.notEqual(text, '', `${where} is empty: nothing was looked at`);
    for (const secret of [MARKER, ...ENCODED]) {
      const at = text.indexOf(secret);
      assert.ok(at < 0, `${where}: …${text.slice(Math.max(0, at - 200), at + 100)}…`);
    }
  }
}
