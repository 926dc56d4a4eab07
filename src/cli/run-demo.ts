import { randomBytes, randomUUID } from 'node:crypto';
import type { EmbeddedBackends } from '../../activities/backends/embedded.ts';
import { type Pair, workflowId } from '../../workflows/contract.ts';
import { composeCallback, samplePairs } from '../callback/compose-request.ts';
import type { Settings } from '../config/settings.ts';
import { OperatorError } from '../operator-error.ts';
import { type Service, startService } from '../service/service.ts';
import { createLogger } from '../telemetry/logger.ts';
import { workflowPage } from '../temporal/ui-link.ts';
import { type CliContext, EXIT } from './context.ts';
import { print, say } from './output.ts';
import { postCallback } from './post-callback.ts';
import { readAndWarn } from './read-and-warn.ts';
import { endDespiteLeftovers, stopSignal } from './stop-signal.ts';
import { watchDelivery } from './watch-delivery.ts';

type DemoOptions = { pairs: number; exit?: true | undefined };

/** Starts everything on this machine and shows one callback. Without `--exit` it then waits for a signal. */
export async function runDemo(context: CliContext, { pairs, exit }: DemoOptions): Promise<void> {
  const settings = forDemo(readAndWarn(context, 'demo'));
  const logger = createLogger(settings.logLevel);
  const stopped = stopSignal();
  const service = await startService({ settings, logger, say });
  try {
    const shown = showDelivery(service, settings, { pairs: samplePairs(pairs), fetchPage: exit ?? false });
    const done = await Promise.race([shown, stopped.then(() => false)]);
    context.exitCode = done ? EXIT.done : EXIT.failed;
    if (done && !exit) {
      print('\nThe receiver and the Temporal UI stay up. Ctrl-C ends them; the data is kept.');
      await stopped;
    }
  } finally {
    await service.stop({ drain: false }).finally(endDespiteLeftovers);
  }
}

/** The demo sends signed callbacks, listens only on this machine, and says everything itself. */
function forDemo(settings: Settings): Settings {
  const [token] = settings.callback.tokens;
  return {
    ...settings,
    logLevel: settings.logLevel === 'info' ? 'warn' : settings.logLevel,
    callback: { ...settings.callback, tokens: [token ?? randomBytes(16).toString('hex')] },
    http: { ...settings.http, host: '127.0.0.1' },
  };
}

/** Sends one callback and shows what becomes of it. Returns whether every side effect was done. */
async function showDelivery(
  service: Service,
  settings: Settings,
  { pairs, fetchPage }: { pairs: Pair[]; fetchPage: boolean },
): Promise<boolean> {
  const { receiver, worker, local, embedded, client } = service;
  const { sdkAppId, callback } = settings;
  if (!receiver || !worker || !local || !embedded || sdkAppId === undefined)
    throw new TypeError('demo lacks a part');
  await Promise.race([worker.polling, worker.finished]);

  for (const { from, to } of pairs) embedded.befriend(from, to, Date.now());
  print(`Before: ${describeAccount(embedded, pairs)}\n`);

  const url = `${receiver.url}${callback.path}`;
  const [token] = callback.tokens;
  const request = composeCallback({
    sdkAppId,
    pairs,
    requestId: randomUUID(),
    ...(token && { token }),
    now: Date.now(),
  });
  const answer = await postCallback(url, request);
  if (!answer.ok || answer.deliveryId === null) {
    throw new OperatorError(
      `The receiver answered ${answer.status} ${answer.error ?? ''}: nothing was started.`,
    );
  }
  print(`POST ${url} → ${answer.status} OK after ${answer.ms.toFixed(0)} ms`);
  print(`Delivery ${answer.deliveryId}, ${pairs.length} pairs:`);

  const id = workflowId({ sdkAppId, deliveryId: answer.deliveryId });
  const report = await watchDelivery(client, id);
  print(`\nAfter: ${describeAccount(embedded, pairs)}`);

  const page = workflowPage(local.uiUrl, { namespace: service.temporal.namespace, ...report.workflow });
  print(`\nTemporal UI: ${page}`);
  print(`The same as text: TEMPORAL_ADDRESS=${local.address} npx unfriend status ${id}`);
  const answers = !fetchPage || (await pageAnswers(page));
  if (!answers) say('The Temporal UI did not answer.');
  return report.status === 'Done' && answers;
}

/** `id has 3 friends in the cache, 3 in the search index, 0 messages` */
function describeAccount(embedded: EmbeddedBackends, [pair]: Pair[]): string {
  const { account, cachedFriends, searchableFriends, inbox } = embedded.view(pair?.from ?? '');
  const cached = cachedFriends
    ? `${count(cachedFriends.length, 'friend')} in the cache`
    : 'no cached friend list';
  const messages = count(inbox.length, 'message');
  return `${account} has ${cached}, ${count(searchableFriends.length, 'friend')} in the search index, ${messages}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

async function pageAnswers(page: string): Promise<boolean> {
  const response = await fetch(page).catch(() => undefined);
  return response?.ok ?? false;
}
