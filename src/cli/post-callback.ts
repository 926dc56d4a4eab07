import { withDeadline } from '../../activities/backends/net/deadline.ts';
import type { ComposedCallback } from '../callback/compose-request.ts';

/** The vendor waits this long for an answer. */
const SENDER_TIMEOUT_MS = 2_000;

/** A receiver's answer, or why there was none. */
export type PostResult = {
  /** HTTP status; 0: no answer. */
  status: number;
  ok: boolean;
  deliveryId: string | null;
  /** From the request to its answer, in ms. */
  ms: number;
  /** Why there was no answer. */
  error?: string;
};

/** Sends a callback as Tencent Chat does: POST, JSON, at most two seconds for the answer, no second try. */
export async function postCallback(url: string, { query, body }: ComposedCallback): Promise<PostResult> {
  const target = new URL(url);
  target.search = query.toString();
  const startedAt = performance.now();
  try {
    const { response, answer } = await withDeadline(SENDER_TIMEOUT_MS, undefined, async (signal) => {
      const response = await fetch(target, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json' },
        signal,
      });
      return { response, answer: (await response.json()) as { ActionStatus?: string } };
    });
    return {
      status: response.status,
      ok: response.status === 200 && answer.ActionStatus === 'OK',
      deliveryId: response.headers.get('x-delivery-id'),
      ms: performance.now() - startedAt,
    };
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const ms = performance.now() - startedAt;
    return {
      status: 0,
      ok: false,
      deliveryId: null,
      ms,
      error: reason instanceof Error ? reason.message : String(reason),
    };
  }
}
