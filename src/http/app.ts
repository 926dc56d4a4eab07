import Koa, { type Context, type Next } from 'koa';
import { RELAY_HEADER } from '../../activities/backends/relay/relay-loop.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import {
  answerErrors,
  type Observers,
  observeAnswers,
  refused,
  refuseMalformedTargets,
  respond,
} from './answers.ts';
import { type CallbackRouteOptions, callbackRoute } from './callback-route.ts';
import type { AllowedClients } from './clients/allowed-clients.ts';

export type ReceiverAppOptions = Omit<CallbackRouteOptions & Observers, 'summed'> & {
  /** Where callbacks are posted to. */
  path: string;
  /** Who may post callbacks, by address. Absent: everyone. */
  allowed?: AllowedClients | undefined;
  /** While true, answers ask the peer to come back on another connection. */
  isDraining: () => boolean;
};

/** The receiver: its middleware, in the order in which a request meets it. */
export function createReceiverApp(options: ReceiverAppOptions): Koa {
  const app = new Koa();
  const parts = { ...options, summed: new SummedLog(options.logger) };
  app.use(observeAnswers(parts));
  app.use(closeWhileDraining(options.isDraining));
  app.use(answerErrors(parts));
  if (options.allowed) app.use(onlyAllowed(options.allowed));
  app.use(refuseMalformedTargets);
  app.use(onlyAt(options.path));
  app.use(onlyPost);
  app.use(refuseRelayed);
  app.use(callbackRoute(parts));
  // Without a listener of its own, Koa prints errors to stderr.
  app.on('error', (error) => options.logger.debug({ err: error }, 'an answer could not be sent'));
  return app;
}

function closeWhileDraining(isDraining: () => boolean) {
  return async (ctx: Context, next: Next): Promise<void> => {
    await next();
    // After the handler, because a drain may have begun meanwhile.
    if (isDraining()) ctx.set('Connection', 'close');
  };
}

/** The first check: what a stranger sends is not looked at. */
function onlyAllowed(allowed: AllowedClients) {
  return (ctx: Context, next: Next): Promise<void> | void => {
    const client = allowed.refusedAddress(ctx.req);
    return client === undefined ? next() : respond(ctx, { ...refused('not-allowed'), client });
  };
}

/** A comparison and no router: there is only one path, and a router would cost time for every callback. */
function onlyAt(path: string) {
  const same = path.endsWith('/') ? path.slice(0, -1) : `${path}/`;
  return (ctx: Context, next: Next): Promise<void> | void =>
    ctx.path === path || ctx.path === same ? next() : respond(ctx, refused('unknown-path'));
}

/** This receiver, or another one, has relayed the callback. If it took it, the callback would go in a circle. */
function refuseRelayed(ctx: Context, next: Next): Promise<void> | void {
  if (ctx.get(RELAY_HEADER) === '') return next();
  ctx.set(RELAY_HEADER, 'refused');
  respond(ctx, refused('relay-loop'));
}

function onlyPost(ctx: Context, next: Next): Promise<void> | void {
  if (ctx.method === 'POST') return next();
  ctx.set('Allow', 'POST');
  respond(ctx, refused('wrong-method'));
}
