import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import { composeCallback, samplePairs } from '../callback/compose-request.ts';
import type { Settings } from '../config/settings.ts';
import { OperatorError } from '../operator-error.ts';
import { type CliContext, EXIT } from './context.ts';
import { print, printJson } from './output.ts';
import { type PostResult, postCallback } from './post-callback.ts';
import { readAndWarn } from './read-and-warn.ts';

/** At most this many requests at once, as from a sender with as many connections: late answers slow it down. */
const MAX_IN_FLIGHT = 256;

type SendOptions = {
  pairs: number;
  count: number;
  rate: number;
  url?: string | undefined;
  json?: true | undefined;
};

/** Sends the callbacks and prints a summary of the answers. */
export async function sendCallbacks(context: CliContext, options: SendOptions): Promise<void> {
  const { pairs, count, rate, url, json } = options;
  const settings = readAndWarn(context, 'operate');
  const target = url ?? `http://127.0.0.1:${settings.http.port}${settings.callback.path}`;
  if (!URL.canParse(target)) throw new OperatorError(`--url: ${target} is not a URL.`);
  const results = await sendAll({ settings, pairs, count, rate, target, quiet: json ?? false });
  const summary = summarise(results);
  if (json) printJson(summary);
  else describe(summary);
  context.exitCode = summary.ok === summary.sent ? EXIT.done : EXIT.failed;
}

type SendJob = {
  settings: Settings;
  pairs: number;
  count: number;
  rate: number;
  target: string;
  quiet: boolean;
};

async function sendAll({ settings, pairs, count, rate, target, quiet }: SendJob): Promise<PostResult[]> {
  const { sdkAppId, callback } = settings;
  if (sdkAppId === undefined)
    throw new OperatorError("SDK_APP_ID: missing; set it to the receiver's SDKAppID.");
  const [token] = callback.tokens;
  const sample = samplePairs(pairs);
  const bar = count > 1 && !quiet && process.stderr.isTTY ? new SingleBar({ etaBuffer: 100 }) : undefined;
  bar?.start(count, 0);

  const results: PostResult[] = [];
  const inFlight = new Set<Promise<void>>();
  const startedAt = performance.now();
  for (let index = 0; index < count; index += 1) {
    const early = startedAt + (index * 1000) / rate - performance.now();
    if (early > 0) await delay(early);
    if (inFlight.size >= MAX_IN_FLIGHT) await Promise.race(inFlight);
    const request = composeCallback({
      sdkAppId,
      pairs: sample,
      requestId: randomUUID(),
      now: Date.now(),
      ...(token && { token }),
    });
    const sending = postCallback(target, request).then((result) => {
      results.push(result);
      inFlight.delete(sending);
      bar?.increment();
    });
    inFlight.add(sending);
  }
  await Promise.all(inFlight);
  bar?.stop();
  return results;
}

/** Durations in ms. */
type Summary = {
  sent: number;
  ok: number;
  /** Answers by HTTP status; `none` where there was no answer. */
  answers: Record<string, number>;
  p50: number;
  p99: number;
  deliveryIds: string[];
  errors: string[];
};

const MAX_LISTED = 100;

function summarise(results: PostResult[]): Summary {
  const answers: Record<string, number> = {};
  for (const { status } of results) {
    const key = status === 0 ? 'none' : String(status);
    answers[key] = (answers[key] ?? 0) + 1;
  }
  const sorted = results.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    sent: results.length,
    ok: results.filter(({ ok }) => ok).length,
    answers,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    deliveryIds: results.flatMap(({ deliveryId }) => deliveryId ?? []).slice(0, MAX_LISTED),
    errors: [...new Set(results.flatMap(({ error }) => error ?? []))],
  };
}

function quantile(sorted: number[], share: number): number {
  const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return Math.round(value * 10) / 10;
}

function describe({ sent, ok, answers, p50, p99, deliveryIds, errors }: Summary): void {
  print(
    `${ok} of ${sent} acknowledged, answers after ${p50} ms at the median, ${p99} ms at the 99th percentile`,
  );
  for (const [status, count] of Object.entries(answers)) {
    if (status !== '200') print(`  ${count} × ${status === 'none' ? 'no answer' : `HTTP ${status}`}`);
  }
  for (const error of errors) print(`  ${error}`);
  if (sent === 1 && deliveryIds[0]) print(`  delivery ${deliveryIds[0]}`);
}
