import { resolve } from 'node:path';
import type { Values } from './fields.ts';
import type { Role } from './role.ts';

/**
 * The input of a workflow contains the pairs, and the compressed body in base64. Together they are at most 1.6 times as
 * large as the body. Temporal takes 2 MB.
 */
const LARGEST_RELAYED_KB = 1_200;

/** Faults that depend on several settings. `values` lacks every setting that has a fault of its own. */
export function crossChecks(values: Partial<Values>, role: Role): string[] {
  const faults: string[] = [];
  if (role === 'serve' || role === 'start') faults.push(...receiverFaults(values));
  if (role === 'serve' || role === 'work' || role === 'start') faults.push(...unsaidBackends(values));
  // A process that runs no side effects only needs to know which of them are off.
  if (role === 'work' || role === 'start')
    faults.push(...notifyFaults(values, role), ...fenceFaults(values, role));
  if (values.NODE_ENV === 'production') faults.push(...productionFaults(values, role));
  if (samePorts(values, role)) faults.push('OPS_PORT: expected another port than PORT');
  if (values.CALLBACK_AUTH === 'off' && values.CALLBACK_TOKEN && values.CALLBACK_TOKEN.length > 0) {
    faults.push('CALLBACK_AUTH: off contradicts CALLBACK_TOKEN; unset one of them');
  }
  if (values.INDEX_ACCOUNTS === 'hashed' && values.PAYLOAD_KEYS?.length === 0) {
    faults.push('INDEX_ACCOUNTS: hashed needs PAYLOAD_KEYS, from which the key of the hashes is derived');
  }
  faults.push(...codecFaults(values, role));
  faults.push(...versionFaults(values));
  return faults;
}

/** Compares the ports with their defaults filled in. Only a receiver listens on both. */
function samePorts(values: Partial<Values>, role: Role): boolean {
  if (role === 'work' || role === 'operate' || !('PORT' in values && 'OPS_PORT' in values)) return false;
  const { port, opsPort } = portsOf(values, role);
  return port !== 0 && port === opsPort;
}

/** 0: any free port. That is the demo's default, so that it can run beside other programs. */
export function portsOf({ PORT, OPS_PORT }: Partial<Values>, role: Role): { port: number; opsPort: number } {
  return { port: PORT ?? (role === 'demo' ? 0 : 8080), opsPort: OPS_PORT ?? (role === 'demo' ? 0 : 8081) };
}

function* receiverFaults(values: Partial<Values>): Generator<string> {
  if ('SDK_APP_ID' in values && values.SDK_APP_ID === undefined) {
    yield 'SDK_APP_ID: missing; set it to the SDKAppID that the Chat console shows for your app';
  }
  const tokenNeeded = values.NODE_ENV === 'production' && values.CALLBACK_AUTH === 'token';
  if (tokenNeeded && values.CALLBACK_TOKEN?.length === 0) {
    yield "CALLBACK_TOKEN: missing; set it to the authentication token of the console's callback settings, or set CALLBACK_AUTH=off to take callbacks from anyone";
  }
  if (values.CALLBACK_ALLOW?.tencent && 'TENCENT_SECRET_KEY' in values && !values.TENCENT_SECRET_KEY) {
    yield 'TENCENT_SECRET_KEY: missing; tencent in CALLBACK_ALLOW asks the REST API for addresses, which needs the secret key that the Chat console shows for your app';
  }
  const isRelayed = values.RELAY_URL !== undefined && values.RELAY_DURABLE?.length !== 0;
  if (isRelayed && (values.MAX_BODY ?? 0) > LARGEST_RELAYED_KB * 1_024) {
    yield `MAX_BODY: expected at most ${LARGEST_RELAYED_KB}kb with RELAY_URL: Temporal takes 2 MB, and gets the callback beside its pairs; or set RELAY_DURABLE=off`;
  }
}

function* codecFaults(values: Partial<Values>, role: Role): Generator<string> {
  const { PAYLOAD_KEYS, CODEC_ORIGIN = [], CODEC_TOKEN, NODE_ENV } = values;
  const set = [...(CODEC_ORIGIN.length > 0 ? ['CODEC_ORIGIN'] : []), ...(CODEC_TOKEN ? ['CODEC_TOKEN'] : [])];
  if (set.length > 0 && PAYLOAD_KEYS?.length === 0) {
    yield `${set.join(', ')}: the codec server decrypts with PAYLOAD_KEYS, which is not set`;
  }
  const isOpen = role !== 'operate' && CODEC_ORIGIN.length > 0 && 'CODEC_TOKEN' in values && !CODEC_TOKEN;
  if (isOpen && NODE_ENV === 'production') {
    yield 'CODEC_TOKEN: missing; with CODEC_ORIGIN alone, whoever reaches OPS_PORT can decrypt everything';
  }
}

function* versionFaults(values: Partial<Values>): Generator<string> {
  if (!('DEPLOYMENT_NAME' in values && 'BUILD_ID' in values)) return;
  const { DEPLOYMENT_NAME: deploymentName, BUILD_ID: buildId } = values;
  if (buildId !== undefined && deploymentName === undefined) {
    yield 'DEPLOYMENT_NAME: missing; BUILD_ID needs the name of the deployment that it is a version of, such as unfriend; or unset BUILD_ID';
  }
  if (deploymentName !== undefined && buildId === undefined) {
    yield 'BUILD_ID: missing; DEPLOYMENT_NAME needs the version of this build, such as its image tag; or unset DEPLOYMENT_NAME';
  }
}

/** What each of these settings takes as an address. */
const BACKEND_ADDRESSES = {
  CACHE_URL: 'the address of Redis (redis://…)',
  SEARCH_URL: 'the address of OpenSearch or Elasticsearch (https://…)',
  NOTIFY_URL: 'where messages go (tencent: or https://…)',
} as const;

/** Without a default, nobody takes a stand-in, or a side effect that is off, for the real one. */
function* unsaidBackends(values: Partial<Values>): Generator<string> {
  for (const [name, address] of Object.entries(BACKEND_ADDRESSES)) {
    if (name in values && values[name as keyof typeof BACKEND_ADDRESSES] === undefined) {
      yield `${name}: missing; set it to ${address}, to embedded (a stand-in, for trying out) or to off (without this side effect)`;
    }
  }
}

function* notifyFaults(values: Partial<Values>, role: Role): Generator<string> {
  const { TENCENT_SECRET_KEY: secretKey } = values;
  const destinations = notifyDestinations(values);
  if (destinations.includes('tencent:')) {
    // `start` needs it in any case, and has a fault for it above.
    if (role === 'work' && 'SDK_APP_ID' in values && values.SDK_APP_ID === undefined) {
      yield 'SDK_APP_ID: missing; with tencent: in NOTIFY_URL, messages are sent in the name of that app';
    }
    if ('TENCENT_SECRET_KEY' in values && secretKey === undefined) {
      yield 'TENCENT_SECRET_KEY: missing; tencent: in NOTIFY_URL needs the secret key that the Chat console shows for your app';
    }
  }
  if (secretKey && values.CALLBACK_TOKEN?.includes(secretKey)) {
    yield 'TENCENT_SECRET_KEY: expected another value than CALLBACK_TOKEN; the Chat console shows it beside the SDKAppID';
  }
  const toWebhook = destinations.some((destination) => destination.startsWith('http'));
  if (toWebhook && 'NOTIFY_SECRET' in values && values.NOTIFY_SECRET === undefined) {
    yield 'NOTIFY_SECRET: missing; a webhook is signed with it: whsec_ and the output of openssl rand -base64 32';
  }
}

function* fenceFaults(values: Partial<Values>, role: Role): Generator<string> {
  if (!values.FENCE) return;
  // `start` needs it in any case, and has a fault for it above.
  if (role === 'work' && 'SDK_APP_ID' in values && values.SDK_APP_ID === undefined) {
    yield 'SDK_APP_ID: missing; with FENCE=on, Tencent Chat is asked in the name of that app';
  }
  if ('TENCENT_SECRET_KEY' in values && values.TENCENT_SECRET_KEY === undefined) {
    yield 'TENCENT_SECRET_KEY: missing; FENCE=on needs the secret key that the Chat console shows for your app';
  }
}

function notifyDestinations({ NOTIFY_URL }: Partial<Values>): string[] {
  return NOTIFY_URL ? [NOTIFY_URL.users, NOTIFY_URL.backend] : [];
}

function* productionFaults(values: Partial<Values>, role: Role): Generator<string> {
  if (role === 'demo') {
    yield 'NODE_ENV: the demo is for trying out, on made-up data; unset NODE_ENV to run it';
    return;
  }
  const writes = role !== 'operate' && role !== 'work';
  if (writes && values.DATA_DIR !== undefined && resolve(values.DATA_DIR) !== values.DATA_DIR) {
    yield 'DATA_DIR: expected an absolute path when NODE_ENV=production';
  }
  const asksVendor =
    role === 'work' || role === 'start' || (role === 'serve' && values.CALLBACK_ALLOW?.tencent);
  if (asksVendor && values.TENCENT_DOMAIN?.startsWith('http://')) {
    yield 'TENCENT_DOMAIN: http:// is for tests, and refused when NODE_ENV=production';
  }
  if (role === 'serve' || role === 'operate') return;
  const isPlain = notifyDestinations(values).some((destination) => destination.startsWith('http://'));
  if (isPlain && values.NOTIFY_ALLOW_PRIVATE === false) {
    yield 'NOTIFY_URL: expected https:// when NODE_ENV=production; http:// is for an endpoint on a private network, with NOTIFY_ALLOW_PRIVATE=on';
  }
  const { CACHE_URL, SEARCH_URL } = values;
  for (const [name, url] of Object.entries({ CACHE_URL, SEARCH_URL, NOTIFY_URL: values.NOTIFY_URL?.users })) {
    if (url === 'embedded') {
      yield `${name}: the embedded stand-in is for trying out and refused when NODE_ENV=production; set ${name}, or set it to off`;
    }
  }
}
