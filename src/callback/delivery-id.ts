import { sha256 } from './sha256.ts';

/**
 * Identifies a callback. Callbacks with equal keys are the same callback; without a RequestId only within
 * `DEDUPE_WINDOW`.
 */
export type DeliveryKey = {
  /**
   * What delivery ids are made from. It is the RequestId, or `sha256:` and the hash of a RequestId that is not plain, or
   * `body:` and a hash of the content where there is no RequestId. A plain RequestId has no colon, so the three kinds
   * cannot be confused.
   */
  origin: string;
  /** sha256 of the body, in hex. Two callbacks with the same RequestId differ in it. */
  bodyHash: string;
};

/** A key as the journal or Temporal keeps it. The keys of an earlier version have no origin. */
export type KnownKey = { origin?: string | undefined; bodyHash: string };

const PLAIN_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const HASHED = 'sha256:';
const CONTENT = 'body:';

/**
 * When another callback has the id, so many hex digits of the body's hash are appended to it. With all 64 digits the id
 * is longer than any RequestId, so no other callback can have it.
 */
const SUFFIX_DIGITS = [8, 16, 32, 64];

/** Makes the key from the RequestId, or from the content where the vendor sent no RequestId. It contains no account name. */
export function deliveryKey(callback: {
  sdkAppId: string;
  command: string;
  requestId: string | undefined;
  body: Uint8Array;
}): DeliveryKey {
  const { sdkAppId, command, requestId, body } = callback;
  const bodyHash = sha256(body);
  if (requestId) {
    const isPlain = PLAIN_REQUEST_ID.test(requestId);
    return { origin: isPlain ? requestId : HASHED + sha256(requestId).slice(0, 32), bodyHash };
  }
  const content = Buffer.concat([Buffer.from(`${sdkAppId}\n${command}\n`), body]);
  return { origin: CONTENT + sha256(content).slice(0, 24), bodyHash };
}

export function hasRequestId({ origin }: Pick<DeliveryKey, 'origin'>): boolean {
  return !origin.startsWith(CONTENT);
}

export function isSameCallback(known: KnownKey, key: KnownKey): boolean {
  if (known.bodyHash !== key.bodyHash) return false;
  return known.origin === undefined || key.origin === undefined || known.origin === key.origin;
}

/** The id of a delivery that was first received at `receivedAt` (ms), unless another callback has it. */
export function firstDeliveryId({ origin }: Pick<DeliveryKey, 'origin'>, receivedAt: number): string {
  if (!hasRequestId({ origin })) return `${origin.slice(CONTENT.length)}-${receivedAt}`;
  return origin.startsWith(HASHED) ? origin.slice(HASHED.length) : origin;
}

const TIMED = /^([0-9a-f]{24})-\d+(?:-[0-9a-f]+)?$/;

/** The origin of a delivery id that has the form of an id without a RequestId. Undefined: it has another form. */
export function originOfTimed(deliveryId: string): string | undefined {
  const hash = TIMED.exec(deliveryId)?.[1];
  return hash === undefined ? undefined : CONTENT + hash;
}

/** Every id that a delivery can have. It gets the first one that no other callback has. */
export function deliveryIds(key: DeliveryKey, receivedAt: number): Generator<string> {
  return withSuffixes(firstDeliveryId(key, receivedAt), key.bodyHash);
}

function* withSuffixes(deliveryId: string, bodyHash: string): Generator<string> {
  yield deliveryId;
  for (const digits of SUFFIX_DIGITS) yield `${deliveryId}-${bodyHash.slice(0, digits)}`;
}

/** The key by which a repeated callback is recognised: the delivery id, or the origin that equal callbacks share. */
export function seenKey(origin: string | undefined, deliveryId: string): string {
  return origin === undefined || hasRequestId({ origin }) ? deliveryId : origin;
}

/**
 * Chooses the id of a delivery by the callbacks that this receiver remembers.
 *
 * @param find returns the callback that has an id, if this receiver remembers one
 * @returns `known`: the same callback came before. Absent: the id is free
 */
export function chooseDeliveryId<K extends KnownKey>(
  { key, receivedAt }: { key: DeliveryKey; receivedAt: number },
  find: (deliveryId: string) => K | undefined,
): { deliveryId: string; known?: K } {
  for (const deliveryId of deliveryIds(key, receivedAt)) {
    const known = find(deliveryId);
    if (known === undefined) return { deliveryId };
    if (isSameCallback(known, key)) return { deliveryId, known };
  }
  throw new Error(`every id of ${key.origin} is taken`);
}

/** A delivery and the id that was chosen for it. */
export type Chosen = KnownKey & { delivery: { deliveryId: string; receivedAt: number } };

/** `existing`: the same callback was started before. `other-callback`: another one has its id. */
export type StartOutcome = 'started' | 'existing' | 'other-callback';

/** Starts deliveries. Each is started under the id that it has when it is handed over. */
export type Starter<D extends Chosen> = {
  start(delivery: D): Promise<StartOutcome>;
  /** Says what has the id already. It starts nothing. */
  look(delivery: D): Promise<Exclude<StartOutcome, 'started'> | 'absent'>;
};

/**
 * Starts a delivery under the chosen id, or under the next id that no other callback has. If the chosen id is not the
 * first one, another receiver may have started the same callback under an earlier id: those are looked at first.
 */
export async function startUnderFreeId<D extends Chosen>(
  starter: Starter<D>,
  chosen: D,
): Promise<{ deliveryId: string; outcome: 'started' | 'existing' }> {
  const { earlier, free } = idsAround(chosen);
  const under = (deliveryId: string): D => ({ ...chosen, delivery: { ...chosen.delivery, deliveryId } });
  for (const deliveryId of earlier) {
    if ((await starter.look(under(deliveryId))) === 'existing') return { deliveryId, outcome: 'existing' };
  }
  for (const deliveryId of free) {
    const outcome = await starter.start(under(deliveryId));
    if (outcome !== 'other-callback') return { deliveryId, outcome };
  }
  throw new Error(`every id of ${chosen.delivery.deliveryId} is taken`);
}

/** The possible ids before the chosen one, and the chosen one with those after it. */
function idsAround({ origin, bodyHash, delivery }: Chosen): { earlier: string[]; free: string[] } {
  const { deliveryId, receivedAt } = delivery;
  const ids = origin === undefined ? [] : [...deliveryIds({ origin, bodyHash }, receivedAt)];
  const at = ids.indexOf(deliveryId);
  // An earlier version chose the id, so the ids before it are not known.
  if (at < 0) return { earlier: [], free: [...withSuffixes(deliveryId, bodyHash)] };
  return { earlier: ids.slice(0, at), free: ids.slice(at) };
}
