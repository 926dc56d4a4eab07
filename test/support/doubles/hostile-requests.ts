import { composeCallback } from '../../../src/callback/compose-request.ts';

export type HostileJob = {
  url: string;
  sdkAppId: string;
  /** For a minute, whoever sees a signed URL can send any body with it. These clients see one all the time. */
  token: string;
  count: number;
  /** So many connections send one request after the other, as fast as they are answered. */
  connections: number;
  /** So many more connections send slow requests. */
  slowConnections: number;
};

/** What is sent, in parts. A slow request is one whose rest never comes. */
export type HostileRequest = { kind: string; isSlow: boolean; parts: (string | Buffer)[] };

const HALF_A_MEGABYTE = Buffer.alloc(512 * 1024, 32);
const TEN_MEGABYTES = 10 * 1024 * 1024;
const DEPTH = 50_000;
const DEEP = `${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`;

type Compose = (job: HostileJob) => (string | Buffer)[];

const KINDS: Record<string, { isSlow?: true; inHundred: number; composes: Compose[] }> = {
  malformed: {
    inHundred: 28,
    composes: [
      () => ['NOT HTTP\r\n\r\n'],
      () => ['POST http://[/x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'],
      () => ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
      () => [`POST / HTTP/1.1\r\nX-Long: ${'a'.repeat(32 * 1024)}\r\n\r\n`],
      (job) => [
        post({ query: signed(job), headers: ['Transfer-Encoding: chunked'], body: '5\r\n{"Cal\r\nnonsense' }),
      ],
    ],
  },
  unsigned: {
    inHundred: 50,
    composes: [
      () => [withBody('', '{}')],
      ({ sdkAppId }) => [withBody(`SdkAppid=${sdkAppId}`, '{"CallbackCommand":"Sns.CallbackFriendDelete"}')],
      (job) => [withBody(wronglySigned(job), '{}')],
      () => [withBody('SdkAppid=1&SdkAppid=2', '{}')],
      () => ['GET /admin HTTP/1.1\r\nHost: a\r\n\r\n'],
    ],
  },
  oversized: {
    inHundred: 10,
    composes: [
      (job) => [head(wronglySigned(job), TEN_MEGABYTES), HALF_A_MEGABYTE],
      (job) => [head(signed(job), TEN_MEGABYTES), HALF_A_MEGABYTE],
    ],
  },
  deep: {
    inHundred: 10,
    composes: [
      (job) => [withBody(signed(job), DEEP)],
      (job) => [withBody(signed(job), `{"CallbackCommand":"Sns.CallbackFriendDelete","PairList":${DEEP}}`)],
      (job) => [
        withBody(signed(job, 'State.StateChange'), `{"CallbackCommand":"State.StateChange","Info":${DEEP}}`),
      ],
    ],
  },
  slow: {
    isSlow: true,
    inHundred: 2,
    composes: [
      () => ['POST / HTTP/1.1\r\nHost: a\r\n'],
      (job) => [head(wronglySigned(job), TEN_MEGABYTES)],
      (job) => [head(signed(job), 1_000), '{"CallbackCommand'],
    ],
  },
};

/** The kinds in turn, each as often as its share says. `turn` counts the requests. */
export function composeHostile(job: HostileJob, turn: number): HostileRequest {
  let place = (turn * 37) % 100;
  for (const [kind, { isSlow = false, inHundred, composes }] of Object.entries(KINDS)) {
    const compose = composes[Math.floor(turn / 100) % composes.length];
    if (place < inHundred && compose) return { kind, isSlow, parts: compose(job) };
    place -= inHundred;
  }
  throw new RangeError('the shares make a hundred');
}

function post({ query, headers, body }: { query: string; headers: string[]; body: string }): string {
  return `POST /?${query} HTTP/1.1\r\nHost: a\r\n${headers.join('\r\n')}\r\n\r\n${body}`;
}

function head(query: string, length: number): string {
  return post({ query, headers: [`Content-Length: ${length}`], body: '' });
}

function withBody(query: string, body: string): string {
  return `${head(query, Buffer.byteLength(body))}${body}`;
}

function signed({ sdkAppId, token }: HostileJob, command?: string): string {
  const { query } = composeCallback({ sdkAppId, token, pairs: [], now: Date.now() });
  if (command) query.set('CallbackCommand', command);
  return query.toString();
}

function wronglySigned(job: HostileJob): string {
  const query = new URLSearchParams(signed(job));
  query.set('Sign', '0'.repeat(64));
  return query.toString();
}
