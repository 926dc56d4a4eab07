import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import type { RelayedCallback } from '../workflows/contract.ts';
import { BackendError } from './backends/backend.ts';
import { defineSideEffect } from './side-effect.ts';

const inflate = promisify(inflateRaw);

/** Posts the callback itself to the app's endpoint. A repeat has the same delivery id, by which the endpoint knows it. */
export const relayCallback = defineSideEffect({
  name: 'relayCallback',
  per: 'callback',
  backend: 'endpoint',
  create: ({ endpoint }) => ({
    async each({ delivery, callback, signal }) {
      if (!callback) throw new TypeError('relayCallback needs the callback');
      // Never "off" in silence: this delivery was acknowledged with a promise to relay it.
      if (!endpoint) throw new BackendError('Rejected', 'this worker has no RELAY_URL: set it, then retry');
      const { query, contentType } = callback;
      const body = await readBody(callback);
      return endpoint.relay({ deliveryId: delivery.deliveryId, query, body, contentType }, signal);
    },
  }),
});

async function readBody({ body, encoding }: RelayedCallback): Promise<Buffer> {
  const bytes = Buffer.from(body, 'base64');
  return encoding === 'deflate-raw' ? inflate(bytes) : bytes;
}
