import type { Pair } from '../../workflows/contract.ts';
import type { Refusal } from './answer.ts';
import { type DeliveryKey, deliveryKey } from './delivery-id.ts';
import { MAX_DEPTH, readJson } from './read-json.ts';
import { isDurablyRelayed } from './relayed-commands.ts';
import { FRIEND_DELETE, parsePairs } from './schema.ts';
import { isSigned } from './signature.ts';

/** The settings that the verdict depends on. */
export type JudgeSettings = {
  sdkAppId: string;
  /** Valid authentication tokens. Empty: callbacks are not authenticated. */
  tokens: readonly string[];
  /** In lower case. */
  ignorePlatforms: readonly string[];
  /** Absent: no endpoint stands behind the receiver. `durable`: see `isDurablyRelayed`. */
  relay?: { durable: readonly string[] } | undefined;
};

/** A valid callback that is to be made durable, not yet acknowledged. */
export type Callback = {
  sdkAppId: string;
  command: string;
  key: DeliveryKey;
  /** Milliseconds since the epoch. */
  receivedAt: number;
  /** Directed and distinct. Only a friend-delete callback has pairs, and it has at least one. */
  pairs: Pair[];
  /** Whether Unfriend's own side effects happen for the pairs. */
  isProcessed: boolean;
  /** Whether the callback itself is relayed to the endpoint. */
  isRelayed: boolean;
};

/** Why Unfriend itself does nothing with a callback. */
type NotProcessed = 'other-command' | 'ignored-platform';

export type Verdict =
  | { kind: 'accept'; callback: Callback }
  /** Answered `OK`, and nothing happens. The probe has no command. */
  | { kind: 'ignore'; reason: 'probe' | NotProcessed; command?: string }
  /** The endpoint answers it. */
  | { kind: 'pass-through'; reason: NotProcessed; command: string }
  | {
      kind: 'refuse';
      reason: Refusal;
      info?: string;
      /** It was signed and its command is ours, but it can't be read. A person should look at it. */
      isOurs?: boolean;
    };

type Refused = Extract<Verdict, { kind: 'refuse' }>;

const UNREPEATABLE = ['SdkAppid', 'Sign', 'RequestTime', 'CallbackCommand'];

/**
 * Judges the query alone, before the body is read: so the request of a stranger costs little.
 *
 * @param query of the URL
 * @param now milliseconds since the epoch
 * @returns undefined when the query is no reason to refuse the callback
 */
export function judgeQuery(
  query: URLSearchParams,
  settings: JudgeSettings,
  now: number,
): Refused | undefined {
  const repeated = findRepeated(query);
  if (repeated) return refuse('repeated-parameter', `${repeated}: repeated in the query`);

  const app = query.get('SdkAppid');
  if (app !== null && app !== settings.sdkAppId) return refuse('wrong-app');

  // An absent SdkAppid is refused by judgeFirstByte: the console's probe may lack it, and has no body.
  return app === null ? undefined : judgeSignature(query, settings, now);
}

/**
 * Judges a request whose body has at least one byte, before more of the body is read. Only the console's probe may come
 * without SdkAppid, and the body of the probe is empty.
 */
export function judgeFirstByte(query: URLSearchParams): Refused | undefined {
  return query.has('SdkAppid') ? undefined : refuse('missing-app');
}

function findRepeated(query: URLSearchParams): string | undefined {
  const seen = new Set<string>();
  for (const [name] of query) {
    if (seen.has(name) && UNREPEATABLE.includes(name)) return name;
    seen.add(name);
  }
  return undefined;
}

function judgeSignature(query: URLSearchParams, settings: JudgeSettings, now: number): Refused | undefined {
  if (settings.tokens.length === 0) return undefined;
  const claim = { signature: query.get('Sign'), requestTime: query.get('RequestTime') };
  return isSigned(claim, settings.tokens, now) ? undefined : refuse('unauthorized');
}

/** The verdict on one POST to the callback path. Pure: the same input gives the same verdict. */
export function judge(request: JudgedRequest, settings: JudgeSettings, now: number): Verdict {
  return judgeQuery(request.query, settings, now) ?? judgeBody(request, settings, now);
}

/** The parts of a request that the verdict depends on. */
export type JudgedRequest = { query: URLSearchParams; body: Uint8Array };

/** Judges the rest of a request that {@link judgeQuery} did not refuse. */
export function judgeBody({ query, body }: JudgedRequest, settings: JudgeSettings, now: number): Verdict {
  if (body.length === 0) return judgeSignature(query, settings, now) ?? { kind: 'ignore', reason: 'probe' };
  const refusal = judgeFirstByte(query);
  if (refusal) return refusal;

  const read = readJson(body);
  const verdict =
    'fault' in read ? refuseJson(read.fault) : judgeJson({ query, body, json: read.json }, settings, now);
  if (verdict.kind !== 'refuse' || verdict.reason === 'command-mismatch') return verdict;
  const inBody = 'fault' in read ? undefined : commandOf(read.json);
  const commands = [query.get('CallbackCommand'), inBody];
  const isOurs = settings.tokens.length > 0 && commands.includes(FRIEND_DELETE);
  return isOurs ? { ...verdict, isOurs } : verdict;
}

function refuseJson(fault: 'not-json' | 'too-deep'): Refused {
  if (fault === 'not-json') return refuse(fault);
  return refuse('broken-schema', `body: nested deeper than ${MAX_DEPTH} levels`);
}

function commandOf(json: unknown): unknown {
  return typeof json === 'object' && json !== null && 'CallbackCommand' in json
    ? json.CallbackCommand
    : undefined;
}

type JsonRequest = { query: URLSearchParams; body: Uint8Array; json: unknown };

function judgeJson(request: JsonRequest, settings: JudgeSettings, now: number): Verdict {
  const { query, json } = request;
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    return refuse('broken-schema', 'body: expected a JSON object');
  }
  const inQuery = query.get('CallbackCommand') || undefined;
  const inBody = (json as Record<string, unknown>).CallbackCommand;
  if (inBody !== undefined && typeof inBody !== 'string') {
    return refuse('broken-schema', 'CallbackCommand: expected a string');
  }
  const command = inQuery ?? inBody;
  if (command === undefined) return refuse('broken-schema', 'CallbackCommand: missing');
  // The signature covers neither body nor command, so both must name the same one.
  if (inBody !== undefined && inBody !== command) return refuse('command-mismatch');
  if (inBody === undefined && command === FRIEND_DELETE) {
    return refuse('broken-schema', 'CallbackCommand: missing');
  }
  return judgeCommand(command, request, { settings, now });
}

/** Says what happens with a callback of this command. */
function judgeCommand(
  command: string,
  { query, body, json }: JsonRequest,
  { settings, now }: { settings: JudgeSettings; now: number },
): Verdict {
  const { sdkAppId, relay } = settings;
  const isRelayed = relay !== undefined && isDurablyRelayed(command, relay.durable);
  const accept = (pairs: Pair[], isProcessed: boolean): Verdict => {
    const key = deliveryKey({ sdkAppId, command, requestId: requestId(query), body });
    const callback = { sdkAppId, command, key, receivedAt: now, pairs, isProcessed, isRelayed };
    return { kind: 'accept', callback };
  };
  const dontProcess = (reason: NotProcessed, pairs: Pair[]): Verdict => {
    if (isRelayed) return accept(pairs, false);
    // OK, not FAIL: for a "before" command FAIL would forbid what the user is about to do.
    return { kind: relay ? 'pass-through' : 'ignore', reason, command };
  };
  if (command !== FRIEND_DELETE) return dontProcess('other-command', []);

  const parsed = parsePairs(json);
  if ('fault' in parsed) return refuse('broken-schema', parsed.fault);
  const isIgnored = settings.ignorePlatforms.includes((query.get('OptPlatform') ?? '').toLowerCase());
  return isIgnored ? dontProcess('ignored-platform', parsed.pairs) : accept(parsed.pairs, true);
}

/** The vendor writes `RequestId` or `RequestID` and documents neither. For older apps it sends none. */
function requestId(query: URLSearchParams): string | undefined {
  for (const [name, value] of query) {
    if (name.toLowerCase() === 'requestid' && value !== '') return value;
  }
  return undefined;
}

function refuse(reason: Refusal, info?: string): Refused {
  return info === undefined ? { kind: 'refuse', reason } : { kind: 'refuse', reason, info };
}
