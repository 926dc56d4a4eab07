import { sha256 } from './sha256.ts';

/** How a delivery will be called; without a RequestId the time of receipt is still to be added. */
export type DeliveryKey = {
  /** With a RequestId: the delivery id. Without: what equal callbacks have in common. */
  base: string;
  /** sha256 of the body, in hex: tells two callbacks of one RequestId apart. */
  bodyHash: string;
  hasRequestId: boolean;
};

const PLAIN_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

/** Names a callback by its RequestId, or by its content where the vendor sent none. No account name shows. */
export function deliveryKey(callback: {
  sdkAppId: string;
  command: string;
  requestId: string | undefined;
  body: Uint8Array;
}): DeliveryKey {
  const { sdkAppId, command, requestId, body } = callback;
  const bodyHash = sha256(body);
  if (requestId) {
    const base = PLAIN_REQUEST_ID.test(requestId) ? requestId : sha256(requestId).slice(0, 32);
    return { base, bodyHash, hasRequestId: true };
  }
  const content = Buffer.concat([Buffer.from(`${sdkAppId}\n${command}\n`), body]);
  return { base: sha256(content).slice(0, 24), bodyHash, hasRequestId: false };
}

/** The id of a delivery without a RequestId, first received at `receivedAt` (ms). */
export function timedDeliveryId(key: DeliveryKey, receivedAt: number): string {
  return `${key.base}-${receivedAt}`;
}

/** The id of a delivery whose RequestId is already taken by a callback with another body. */
export function otherBodyDeliveryId(key: Pick<DeliveryKey, 'base' | 'bodyHash'>): string {
  return `${key.base}-${key.bodyHash.slice(0, 8)}`;
}
