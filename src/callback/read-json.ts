const BYTE_ORDER_MARK = 0xfeff;

/** The vendor's own callbacks have about ten levels. RFC 8259 lets a reader set a limit. */
export const MAX_DEPTH = 1_000;

const [QUOTE, BACKSLASH] = [0x22, 0x5c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The JSON of a body; or it is none, or nested deeper than {@link MAX_DEPTH}. */
export type ReadJson = { json: unknown } | { fault: 'not-json' | 'too-deep' };

/** Some senders begin with a byte order mark, which JSON.parse refuses. The hash of the body includes the mark. */
export function readJson(body: Uint8Array): ReadJson {
  if (isDeeperThan(MAX_DEPTH, body)) return { fault: 'too-deep' };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  try {
    return { json: JSON.parse(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text) };
  } catch {
    return { fault: 'not-json' };
  }
}

/**
 * JSON.parse takes ten times as long for deep JSON as for other JSON of that size, and nothing else is answered
 * meanwhile. This look at the bytes is fast, and ends where the limit is passed.
 */
function isDeeperThan(limit: number, body: Uint8Array): boolean {
  if (body.length <= limit) return false;
  let depth = 0;
  for (let at = 0; at < body.length && depth <= limit; at += 1) {
    const byte = body[at];
    if (byte === QUOTE) at = endOfString(body, at);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth += 1;
    else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth -= 1;
  }
  return depth > limit;
}

/** @param from where its first quote is */
function endOfString(body: Uint8Array, from: number): number {
  let at = from + 1;
  while (at < body.length && body[at] !== QUOTE) at += body[at] === BACKSLASH ? 2 : 1;
  return at;
}
