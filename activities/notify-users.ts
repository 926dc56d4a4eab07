import { sendMessages } from './send-messages.ts';
import { defineSideEffect } from './side-effect.ts';

/** Sends messages to the devices of accounts. If a webhook is the only destination, it sends them there. */
export const notifyUsers = defineSideEffect({
  name: 'notifyUsers',
  per: 'message',
  backend: 'messenger',
  isFenced: true,
  create: ({ messenger }) => messenger && sendMessages(messenger),
});
