import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import type { Lookup } from '../../../activities/backends/net/public-addresses.ts';
import { WebhookMessenger } from '../../../activities/backends/webhook/webhook.ts';
import { WebhookEndpoint } from '../../support/doubles/webhook-endpoint.ts';
import { signedByAuthority } from '../../support/inputs/certificates.ts';
import { sendingOf } from '../../support/inputs/messages.ts';

const KEY = '1400000000/delivery-1/notifyUsers/alice/1';
const certificates = signedByAuthority('endpoint.test');
const toThisMachine: Lookup = (_name, _options, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

let endpoint: WebhookEndpoint;
let messenger: WebhookMessenger;

before(async () => {
  endpoint = await WebhookEndpoint.start(certificates);
});
after(() => endpoint?.close());
afterEach(() => messenger?.close());

function reach(name: string, trusted = true): void {
  messenger = new WebhookMessenger({
    url: `https://${name}:${endpoint.port}/`,
    secret: 's'.repeat(24),
    allowPrivate: true,
    lookup: toThisMachine,
    ...(trusted && { ca: certificates.ca }),
  });
}

test('given a certificate from a trusted authority, then messages go over TLS', async () => {
  reach('endpoint.test');
  const [finding] = await messenger.check();
  assert.deepEqual([finding?.state, endpoint.posted.length], ['ok', 0]);
  assert.equal(await sendingOf(messenger, KEY), 'sent');
});

for (const [what, name, trusted, code] of [
  ['an authority that nobody trusts', 'endpoint.test', false, /UNABLE_TO_VERIFY|SELF_SIGNED/],
  ['a certificate of another name', 'other.test', true, /ALTNAME/],
] as const) {
  test(`given ${what}, then nothing is sent`, async () => {
    reach(name, trusted);
    const before = endpoint.posted.length;
    await assert.rejects(sendingOf(messenger, KEY), (error) => {
      assert.ok(error instanceof BackendError);
      assert.equal(error.type, 'Unreachable');
      assert.match(error.message, code);
      return true;
    });
    const [finding] = await messenger.check();
    assert.deepEqual([finding?.state, endpoint.posted.length], ['fault', before]);
  });
}
