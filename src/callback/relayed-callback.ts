import { promisify } from 'node:util';
import { deflateRaw } from 'node:zlib';
import type { RelayedCallback } from '../../workflows/contract.ts';

const deflate = promisify(deflateRaw);

/** Smaller bodies gain little. Larger ones are compressed so that the largest fits into a workflow's input. */
const COMPRESSED_FROM_BYTES = 1_024;

/** What the journal and the workflow keep of a callback that the endpoint gets later. */
export async function composeRelayed(callback: {
  query: string;
  contentType: string | undefined;
  body: Buffer;
}): Promise<RelayedCallback> {
  const { query, contentType, body } = callback;
  const isCompressed = body.length >= COMPRESSED_FROM_BYTES;
  const bytes = isCompressed ? await deflate(body) : body;
  return {
    query: withoutSignature(query),
    ...(contentType !== undefined && { contentType }),
    body: bytes.toString('base64'),
    ...(isCompressed && { encoding: 'deflate-raw' }),
  };
}

/** A signature is never stored, because for one minute it signs any callback. The other parameters stay as they came. */
function withoutSignature(query: string): string {
  const isSignature = (parameter: string) => {
    const [name] = new URLSearchParams(parameter).keys();
    return name === 'Sign' || name === 'RequestTime';
  };
  return query
    .split('&')
    .filter((parameter) => parameter !== '' && !isSignature(parameter))
    .join('&');
}
