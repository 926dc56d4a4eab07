import { sendMessages } from './send-messages.ts';
import { defineSideEffect } from './side-effect.ts';

/** Sends the messages of `notifyUsers` to the app's webhook too, where both are set. Fails and is retried by itself. */
export const notifyBackend = defineSideEffect({
  name: 'notifyBackend',
  per: 'message',
  backend: 'backendWebhook',
  isFenced: true,
  create: ({ backendWebhook }) => backendWebhook && sendMessages(backendWebhook),
});
