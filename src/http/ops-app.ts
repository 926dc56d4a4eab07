import Router from '@koa/router';
import Koa, { type Context, type Next } from 'koa';
import type { AccountView } from '../../activities/backends/embedded.ts';
import { OperatorError } from '../operator-error.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { SummedLog } from '../telemetry/summed-log.ts';
import { refuseMalformedTargets } from './answers.ts';
import { type CodecServerOptions, codecServer } from './codec-server.ts';
import { addPage, type PageOptions } from './page.ts';

/** The state of one part of the process. With `ready: false` a load balancer sends nothing to the process. */
export type ComponentState = { ready: boolean; state: string };

export type OpsAppOptions = {
  metrics: Metrics;
  logger: Logger;
  /** More metrics as text; empty if there are none. */
  coreMetrics: () => Promise<string>;
  /** Called at every `GET /readyz`. */
  components: () => Promise<Record<string, ComponentState>>;
  /** What the embedded stand-ins know about an account. Absent: none is in use. */
  viewAccount?: (account: string) => AccountView;
  /** Absent: there is no codec server. */
  codec?: CodecServerOptions | undefined;
  page: PageOptions;
  /** What this receiver knows of a delivery; undefined: nothing. Absent: this process takes no callbacks. */
  findDelivery?: (deliveryId: string) => Promise<object | undefined>;
};

/** For operators and orchestrators: health, readiness and metrics of the process. */
export function createOpsApp(options: OpsAppOptions): Koa {
  const { metrics, coreMetrics, components, viewAccount, page, logger } = options;
  const router = new Router();
  addPage(router, page);
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'alive' };
  });
  router.get('/readyz', async (ctx) => {
    const states = await components();
    const ready = Object.values(states).every((state) => state.ready);
    ctx.status = ready ? 200 : 503;
    ctx.body = { status: ready ? 'ready' : 'not ready', components: states };
  });
  router.get('/metrics', async (ctx) => {
    ctx.type = metrics.registry.contentType;
    const [ours, core] = await Promise.all([metrics.registry.metrics(), coreMetrics()]);
    ctx.body = ours + core;
  });
  if (options.findDelivery) addDeliveries(router, options.findDelivery);
  if (viewAccount) {
    router.get('/embedded/:account', (ctx) => {
      ctx.body = viewAccount(ctx.params.account ?? '');
    });
  }
  const app = new Koa();
  app.use(answerFailures(new SummedLog(logger)));
  app.use(refuseMalformedTargets);
  if (options.codec) app.use(codecServer(options.codec));
  app.use(router.routes());
  app.use(router.allowedMethods());
  // Without a listener of its own, Koa prints errors to stderr.
  app.on('error', (error) => logger.debug({ err: error }, 'an answer could not be sent'));
  return app;
}

/** A look starts a process, and reads the whole journal. So there is one at a time, and only a few may wait. */
const MAX_LOOKS = 8;

function addDeliveries(router: Router, find: (deliveryId: string) => Promise<object | undefined>): void {
  let looks = 0;
  let last: Promise<unknown> = Promise.resolve();
  router.get('/deliveries/:id', async (ctx) => {
    if (looks >= MAX_LOOKS) {
      ctx.status = 503;
      ctx.body = { status: 'others are being looked for: try again' };
      return;
    }
    looks += 1;
    const look = last.then(() => find(ctx.params.id ?? ''));
    last = look.catch(() => undefined);
    try {
      const known = await look;
      ctx.status = known ? 200 : 404;
      ctx.body = known ?? { status: 'neither this receiver nor Temporal knows it' };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      ctx.status = 503;
      ctx.body = { status: error.message };
    } finally {
      looks -= 1;
    }
  });
}

/** The log has the error of a route, and the answer has nothing of it. */
function answerFailures(summed: SummedLog) {
  return async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      summed.write({ level: 'error', message: 'OPS_PORT could not answer', fields: { err: error } });
      ctx.status = 500;
      ctx.body = { status: 'failed: see the log' };
    }
  };
}
