import { createHash } from 'node:crypto';

/**
 * `MsgSeq` and `MsgRandom` of a message, each a uint32. They are the same on every try, because the vendor drops a
 * message if it has seen the same sender, numbers and content within 120 s. `MsgSeq` is never 0, which can mean "not
 * set".
 */
export function messageNumbers(key: string): { msgSeq: number; msgRandom: number } {
  const digest = createHash('sha256').update(key).digest();
  return { msgSeq: digest.readUInt32BE(0) || 1, msgRandom: digest.readUInt32BE(4) };
}
