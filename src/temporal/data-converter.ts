import type { Client } from '@temporalio/client';
import {
  DefaultFailureConverter,
  defaultPayloadConverter,
  type LoadedDataConverter,
  type Payload,
} from '@temporalio/common';
import { EncryptingCodec } from '../encryption/payload-codec.ts';
import type { PayloadKey } from '../encryption/payload-keys.ts';

/** How a client turns values into what Temporal stores. With keys, also the messages of failures are encrypted. */
export function clientDataConverter(keys: readonly PayloadKey[] = []): LoadedDataConverter {
  const codec = new EncryptingCodec(keys);
  return {
    payloadConverter: defaultPayloadConverter,
    failureConverter: new DefaultFailureConverter({ encodeCommonAttributes: codec.encrypts }),
    payloadCodecs: [codec],
  };
}

/** Whether what the client sends to Temporal is encrypted. */
export function encrypts({ options }: Client): boolean {
  return options.loadedDataConverter.payloadCodecs.some(
    (codec) => codec instanceof EncryptingCodec && codec.encrypts,
  );
}

/** A value as the client would send it, for requests that the client has no method for. */
export async function toPayload({ options }: Client, value: unknown): Promise<Payload> {
  const { payloadConverter, payloadCodecs } = options.loadedDataConverter;
  let payloads: Payload[] = [payloadConverter.toPayload(value)];
  for (const codec of payloadCodecs) payloads = await codec.encode(payloads);
  return payloads[0] as Payload;
}

/** The value of a payload from an answer that the client does not decode. */
export async function fromPayload<T>({ options }: Client, payload: Payload): Promise<T> {
  const { payloadConverter, payloadCodecs } = options.loadedDataConverter;
  let payloads = [payload];
  for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads);
  return payloadConverter.fromPayload<T>(payloads[0] as Payload);
}
