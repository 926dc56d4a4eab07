import type { ServiceRole } from '../config/role.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import { VERSION } from '../package-root.ts';
import { type Service, startService } from '../service/service.ts';
import { createLogger, type Logger } from '../telemetry/logger.ts';
import { type CliContext, EXIT } from './context.ts';
import { say } from './output.ts';
import { endDespiteLeftovers, stopSignal } from './stop-signal.ts';

/** Runs a service until a signal stops it. Returns the exit code. */
export async function runService(role: ServiceRole, { environment }: CliContext): Promise<number> {
  const settings = readSettings(environment, role);
  const logger = createLogger(settings.logLevel);
  logger.info({ command: role, version: VERSION, ...settings.workerVersion }, 'starting');
  for (const message of settings.misspelt) logger.warn(message);
  const stopped = stopSignal();
  try {
    const service = await startService({ settings, logger, say });
    announce(service, settings, logger);
    return await runUntilStopped(service, { stopped, logger });
  } finally {
    endDespiteLeftovers();
  }
}

async function runUntilStopped(
  service: Service,
  { stopped, logger }: { stopped: Promise<NodeJS.Signals>; logger: Logger },
): Promise<number> {
  const reason = await Promise.race([stopped, workerFailure(service)]);
  if (reason instanceof Error && !service.receiver) {
    // The log has what could not be closed. Report why the worker ended: that matters more.
    await service.stop({ drain: false }).catch(() => undefined);
    throw reason;
  }
  // Go on without the worker: the journal keeps what is received, and a refused callback would be lost.
  if (reason instanceof Error)
    logger.error({ reason: reason.message }, 'the worker ended; callbacks are still taken');
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  // Only SIGTERM drains: after Ctrl-C at a terminal there is no load balancer to wait for.
  await service.stop({ drain: signal === 'SIGTERM' });
  logger.info('stopped');
  return reason instanceof Error ? EXIT.failed : EXIT.done;
}

/** Resolves with the error that ended the worker; never, as long as it runs. */
function workerFailure({ worker }: Service): Promise<Error> {
  return new Promise((resolve) => {
    worker?.finished.catch((error) => resolve(error instanceof Error ? error : new Error(String(error))));
  });
}

function announce(service: Service, settings: Settings, logger: Logger): void {
  const { receiver, ops, local, worker } = service;
  if (receiver) {
    const path = settings.callback.path;
    logger.info({ url: `${receiver.url}${path}`, sdkAppId: settings.sdkAppId }, 'taking callbacks');
    if (settings.callback.tokens.length === 0) {
      logger.warn(
        'callbacks are not authenticated: anyone who reaches this address can send one; set CALLBACK_TOKEN',
      );
    }
  }
  // The line of the local server says the same.
  if (worker && !local)
    logger.info(
      { taskQueue: settings.taskQueue, temporal: service.temporal.connectionOptions.address },
      'working',
    );
  if (local) logger.info({ address: local.address, ui: local.uiUrl }, 'local Temporal server');
  logger.info({ url: ops.url }, 'health, readiness and metrics');
  if (settings.codec && settings.codec.token === undefined)
    logger.warn('whoever reaches OPS_PORT can decrypt everything by the codec server; set CODEC_TOKEN');
}
