import type {
  CallbackRelayedInput,
  FriendDeletedInput,
  RelayedCallback,
} from '../../../workflows/contract.ts';
import { deliveryOf, PLANNED } from './deliveries.ts';

export const RELAY_CALLBACK = { name: 'relayCallback', per: 'callback' } as const;

export const CALLBACK: RelayedCallback = {
  query: 'SdkAppid=1400000000&CallbackCommand=State.StateChange',
  body: Buffer.from('{"CallbackCommand":"State.StateChange"}').toString('base64'),
};

/** A friend-delete delivery whose callback is relayed too. */
export function relayedDeliveryOf(...[pairs, plan]: Parameters<typeof deliveryOf>): FriendDeletedInput {
  const sideEffects = [...PLANNED, RELAY_CALLBACK];
  return { ...deliveryOf(pairs, { sideEffects, ...plan }), callback: CALLBACK };
}

/** A delivery of another command, which is only relayed. */
export function relayedCommandOf(plan: Partial<CallbackRelayedInput['plan']> = {}): CallbackRelayedInput {
  const { delivery, plan: planned } = deliveryOf([], { sideEffects: [RELAY_CALLBACK], ...plan });
  return { delivery: { ...delivery, command: 'State.StateChange' }, plan: planned, callback: CALLBACK };
}
