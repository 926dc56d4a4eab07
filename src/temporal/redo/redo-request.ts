import { createHash } from 'node:crypto';
import type { RedoMemo } from '../../../workflows/contract.ts';
import type { SoughtAccount } from '../accounts/sought-account.ts';

/** Which finished work is done again. `since` and `until` in ms since the epoch. */
export type RedoRequest = {
  sideEffect: string;
  since: number;
  until: number;
  /** Only deliveries that carry it. */
  sought?: SoughtAccount | undefined;
};

/** What a redo workflow's memo says of the request that it was started by. */
export function toMemo(request: RedoRequest): RedoMemo {
  const { sideEffect: effect, since, until } = request;
  return { request: idOf(request), effect, since: toIso(since), until: toIso(until) };
}

/** Equal for equal requests. So a request that is repeated starts nothing twice, whoever repeats it and where. */
function idOf({ sideEffect, since, until, sought }: RedoRequest): string {
  const identity = JSON.stringify([sideEffect, since, until, sought?.account ?? null]);
  return createHash('sha256').update(identity).digest('hex').slice(0, 24);
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}
