import type { Command } from '@commander-js/extra-typings';
import { type Role, readSettings, type Settings } from '../config/settings.ts';
import type { Service, ServiceParts } from '../service/service.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type CliContext, EXIT } from './context.ts';
import { say } from './output.ts';
import { endDespiteLeftovers, stopSignal } from './stop-signal.ts';

type ServiceCommand = {
  name: string;
  role: Role;
  description: string;
  examples: string;
  parts: (settings: Settings) => ServiceParts;
};

const SERVICES: ServiceCommand[] = [
  {
    name: 'start',
    role: 'start',
    description: 'receiver and worker in one process; a local Temporal server where none is configured',
    examples: `
Examples:
  $ SDK_APP_ID=1400000000 CALLBACK_TOKEN=secret npx unfriend start
  $ TEMPORAL_ADDRESS=temporal:7233 SDK_APP_ID=1400000000 npx unfriend start`,
    parts: (settings) => ({ receive: true, work: true, localTemporal: !settings.temporal.configured }),
  },
  {
    name: 'serve',
    role: 'receive',
    description: 'receiver alone, for production; run several behind a load balancer',
    examples: `
Example:
  $ NODE_ENV=production DATA_DIR=/var/lib/unfriend TEMPORAL_ADDRESS=temporal:7233 \\
      SDK_APP_ID=1400000000 CALLBACK_TOKEN=secret npx unfriend serve`,
    parts: () => ({ receive: true, work: false, localTemporal: false }),
  },
  {
    name: 'work',
    role: 'work',
    description: 'worker alone, for production; run as many as the side effects need',
    examples: `
Example:
  $ TEMPORAL_ADDRESS=temporal:7233 npx unfriend work`,
    parts: () => ({ receive: false, work: true, localTemporal: false }),
  },
];

/** Loaded only by what runs as a service: it doubles the time in which any other command starts. */
export async function loadService() {
  const [{ startService }, { createLogger }] = await Promise.all([
    import('../service/service.ts'),
    import('../telemetry/logger.ts'),
  ]);
  return { startService, createLogger };
}

/** Adds `start`, `serve` and `work`: each runs until it is told to stop, and drains then. */
export function addServices(program: Command, context: CliContext): void {
  for (const service of SERVICES) {
    program
      .command(service.name)
      .description(service.description)
      .addHelpText('after', service.examples)
      .action(async () => {
        context.exitCode = await run(service, context);
      });
  }
}

async function run({ role, parts }: ServiceCommand, { environment }: CliContext): Promise<number> {
  const settings = readSettings(environment, role);
  const { createLogger, startService } = await loadService();
  const logger = createLogger(settings.logLevel);
  for (const message of settings.misspelt) logger.warn(message);
  const stopped = stopSignal();
  try {
    const service = await startService({ settings, parts: parts(settings), logger, say });
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
    // What can't be closed is in the log; why the worker ended counts more.
    await service.stop({ drain: false }).catch(() => undefined);
    throw reason;
  }
  // Without a worker nothing happens, but what is received is kept: better than to refuse it.
  if (reason instanceof Error)
    logger.error({ reason: reason.message }, 'the worker ended; callbacks are still taken');
  const signal = await stopped;
  logger.info({ signal }, 'stopping');
  // Ctrl-C at a terminal: no load balancer has to be told.
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
}
