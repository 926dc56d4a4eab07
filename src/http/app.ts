import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import { answerErrors, type Observers, observeAnswers, refused, respond } from './answers.ts';
import { type CallbackRouteOptions, callbackRoute } from './callback-route.ts';

export type ReceiverAppOptions = CallbackRouteOptions &
  Observers & {
    /** Where callbacks are posted to. */
    path: string;
    /** While true, answers ask the peer to come back on another connection. */
    isDraining: () => boolean;
  };

/** The receiver: its middleware, in the order in which a request meets it. */
export function createReceiverApp(options: ReceiverAppOptions): Koa {
  const router = new Router();
  router.post(options.path, callbackRoute(options));
  router.all(options.path, methodNotAllowed);

  const app = new Koa();
  app.use(observeAnswers(options));
  app.use(closeWhileDraining(options.isDraining));
  app.use(answerErrors(options.logger));
  app.use(router.routes());
  app.use(pathUnknown);
  app.on('error', (error) => options.logger.debug({ err: error }, 'an answer could not be sent'));
  return app;
}

function closeWhileDraining(isDraining: () => boolean) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await next();
    // After the handler: a drain that began meanwhile counts.
    if (isDraining()) ctx.set('Connection', 'close');
  };
}

function methodNotAllowed(ctx: Context): void {
  ctx.set('Allow', 'POST');
  respond(ctx, refused('wrong-method'));
}

function pathUnknown(ctx: Context): void {
  respond(ctx, refused('unknown-path'));
}
