import { sha256 } from './sha256.ts';

/** What tells callbacks apart: equal keys are the same callback, without a RequestId only for a while. */
export type DeliveryKey = {
  /**
   * What the ids are made from: the RequestId; `sha256:` and its hash where it is not plain; `body:` and a hash of
   * the content where there is none. A plain RequestId has no colon, so that none looks like another kind.
   */
  origin: string;
  /** sha256 of the body, in hex: tells two callbacks of one RequestId apart. */
  bodyHash: string;
};

/** A key that was written down; what an earlier version wrote has no origin. */
export type KnownKey = { origin?: string | undefined; bodyHash: string };

const PLAIN_REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const HASHED = 'sha256:';
const CONTENT = 'body:';

/**
 * How many hex digits of the body's hash stand behind an id that another callback has. With all 64 the id is longer
 * than any RequestId, so that nobody else can have it.
 */
const SUFFIX_DIGITS = [8, 16, 32, 64];

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

/** What an id was made from that looks like one of a callback without a RequestId. */
export function originOfTimed(deliveryId: string): string | undefined {
  const hash = TIMED.exec(deliveryId)?.[1];
  return hash === undefined ? undefined : CONTENT + hash;
}

/** Every id that a delivery may have, in this order: it has the first one that no other callback has. */
export function deliveryIds(key: DeliveryKey, receivedAt: number): Generator<string> {
  return withSuffixes(firstDeliveryId(key, receivedAt), key.bodyHash);
}

function* withSuffixes(deliveryId: string, bodyHash: string): Generator<string> {
  yield deliveryId;
  for (const digits of SUFFIX_DIGITS) yield `${deliveryId}-${bodyHash.slice(0, digits)}`;
}

/** What recognises a delivery when its callback comes again: its id, or what equal callbacks have in common. */
export function seenKey(origin: string | undefined, deliveryId: string): string {
  return origin === undefined || hasRequestId({ origin }) ? deliveryId : origin;
}

/**
 * The id of a delivery by what is remembered here.
 *
 * @param find the callback that has an id, if that is known
 * @returns `known` is the same callback, which came before; without it the id is free
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

/** Where deliveries are started, each under the id that it is handed over with. */
export type Starter<D extends Chosen> = {
  start(delivery: D): Promise<StartOutcome>;
  /** What is there under its id; starts nothing. */
  look(delivery: D): Promise<Exclude<StartOutcome, 'started'> | 'absent'>;
};

/**
 * Starts a delivery under the chosen id, or under the next one that no other callback has. Where the chosen id is not
 * the first one, another receiver may have given an earlier one to the same callback.
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

/** The ids before the chosen one, and those from it on. */
function idsAround({ origin, bodyHash, delivery }: Chosen): { earlier: string[]; free: string[] } {
  const { deliveryId, receivedAt } = delivery;
  const ids = origin === undefined ? [] : [...deliveryIds({ origin, bodyHash }, receivedAt)];
  const at = ids.indexOf(deliveryId);
  // An earlier version's: what came before its id is not known.
  if (at < 0) return { earlier: [], free: [...withSuffixes(deliveryId, bodyHash)] };
  return { earlier: ids.slice(0, at), free: ids.slice(at) };
}
