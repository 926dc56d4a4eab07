import { createHash } from 'node:crypto';

/**
 * `MsgSeq` and `MsgRandom` of a message, each a uint32: the vendor drops a message whose sender, numbers and content
 * it has seen within 120 s, so that they are the same on every try. MsgSeq is never 0, which can read as "not set".
 */
export function messageNumbers(key: string): { msgSeq: number; msgRandom: number } {
  const digest = createHash('sha256').update(key).digest();
  return { msgSeq: digest.readUInt32BE(0) || 1, msgRandom: digest.readUInt32BE(4) };
}
