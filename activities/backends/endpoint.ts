import type { Backend } from './backend.ts';

/** A callback for the app's endpoint. `query`: as it came, without `Sign` and `RequestTime`. */
export type CallbackToRelay = {
  deliveryId: string;
  query: string;
  body: Buffer;
  contentType: string | undefined;
};

/** The callback URL that the app had before Unfriend stood in front of it. */
export interface Endpoint extends Backend {
  /** @throws BackendError */
  relay(callback: CallbackToRelay, signal: AbortSignal): Promise<'relayed'>;
}
