import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { crc32 } from '../inputs/crc32.ts';
import { judgeUserSig } from '../inputs/user-sig.ts';
import { FriendLists } from './friend-lists.ts';

/** What a request is answered with instead of what it deserves. */
export type PlayedAnswer =
  | number
  | 'hang'
  | 'reset'
  | { status: number; headers?: Record<string, string>; body?: string };

export const TENCENT = {
  sdkAppId: '1400000000',
  admin: 'administrator',
  secretKey: '5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e',
};

const MAX_BYTES = 12 * 1024;
const DEDUPLICATION_MS = 120_000;

const uint32 = z
  .int()
  .min(0)
  .max(2 ** 32 - 1);

const SEND_MSG = z.object({
  SyncOtherMachine: z.literal([1, 2]),
  From_Account: z.string().optional(),
  To_Account: z.string().min(1).max(32),
  MsgSeq: uint32,
  MsgRandom: uint32,
  ForbidCallbackControl: z.array(z.enum(['ForbidBeforeSendMsgCallback', 'ForbidAfterSendMsgCallback'])),
  SendMsgControl: z.array(z.enum(['NoUnread', 'NoLastMsg', 'WithMuteNotifications'])),
  MsgBody: z
    .array(z.object({ MsgType: z.literal('TIMCustomElem'), MsgContent: z.object({ Data: z.string() }) }))
    .length(1),
  OfflinePushInfo: z.object({ PushFlag: z.literal([0, 1]) }),
});

export type SendMsg = z.output<typeof SEND_MSG>;

/** Tencent Chat's REST API as far as it is used: a real HTTP server that checks what the vendor checks. */
export class TencentChatServer {
  /** Every request, accepted or not. */
  readonly requests: { command: string; query: URLSearchParams; body: string; at: number }[] = [];
  /** What reached the recipient's devices: repeats are dropped. */
  readonly delivered: SendMsg[] = [];
  readonly friendLists = new FriendLists();
  /** Answers of the next requests, before they are looked at. */
  readonly played: PlayedAnswer[] = [];
  /** Requests that are answered within any second; the others get `tooFast`. */
  rateLimit = Number.POSITIVE_INFINITY;
  tooFast = 60007;
  /** What GetIPList answers, by its `nettype`. */
  readonly addresses: Record<string, string[]> = {};
  /** How far its clock is ahead, in ms. */
  clockAhead = 0;
  readonly #server: Server;
  readonly #seen = new Map<string, number>();

  private constructor(server: Server) {
    this.#server = server;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  static async start(): Promise<TencentChatServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new TencentChatServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const body = (await request.setEncoding('utf8').toArray()).join('');
    const at = performance.now();
    this.requests.push({ command: pathname.slice(1), query: searchParams, body, at });
    response.setHeader('date', new Date(Date.now() + this.clockAhead).toUTCString());
    const answer = this.played.shift() ?? this.#judge(request.method ?? '', pathname, searchParams, body);
    if (answer === 'hang') return;
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const {
      status,
      headers,
      body: text,
    } = typeof answer === 'number'
      ? { status: 200, headers: {}, body: this.#answerOf(answer, body, searchParams) }
      : answer;
    response.writeHead(status, headers).end(text);
  }

  #judge(method: string, path: string, query: URLSearchParams, body: string): PlayedAnswer {
    if (method !== 'POST' || query.get('contenttype') !== 'json') return 60009;
    if (!/^\d{1,10}$/.test(query.get('random') ?? '')) return 60002;
    const { sdkAppId, secretKey, admin } = TENCENT;
    if (query.get('sdkappid') !== sdkAppId) return 60006;
    const identifier = query.get('identifier') ?? '';
    const code = judgeUserSig(query.get('usersig') ?? '', { sdkAppId, identifier, secretKey });
    if (code !== 0) return code;
    if (identifier !== admin) return 60010;
    const lately = this.requests.filter(({ at }) => at > performance.now() - 1_000);
    if (lately.length > this.rateLimit) return this.tooFast;
    if (path === '/v4/im_open_login_svc/account_check' || path === '/v4/ConfigSvc/GetIPList') return 0;
    if (path === '/v4/sns/friend_check') return this.#checkFriends(body);
    return path === '/v4/openim/sendmsg' ? this.#take(body, identifier) : 60009;
  }

  #checkFriends(body: string): PlayedAnswer {
    const answer = this.friendLists.check(body);
    if (typeof answer === 'number') return answer;
    const fields = { ...answer, ActionStatus: 'OK', ErrorCode: 0, ErrorInfo: '', ErrorDisplay: '' };
    return { status: 200, body: JSON.stringify(fields) };
  }

  /** The bodies of the calls of a command, such as `v4/sns/friend_check`. */
  callsOf(command: string): Record<string, unknown>[] {
    const calls = this.requests.filter((request) => request.command === command);
    return calls.map(({ body }) => JSON.parse(body));
  }

  #take(body: string, identifier: string): number {
    if (Buffer.byteLength(body) > MAX_BYTES) return 93000;
    const message = SEND_MSG.safeParse(JSON.parse(body));
    if (!message.success) return 90001;
    const { From_Account: sender = identifier, MsgSeq, MsgRandom, MsgBody } = message.data;
    const key = [sender, MsgSeq, MsgRandom, crc32(JSON.stringify(MsgBody))].join('/');
    const seenAt = this.#seen.get(key);
    if (seenAt !== undefined && Date.now() - seenAt < DEDUPLICATION_MS) return 0;
    this.#seen.set(key, Date.now());
    this.delivered.push(message.data);
    return 0;
  }

  /** `ErrorInfo` names the account, as the vendor's may: nothing of it must get into messages of ours. */
  #answerOf(code: number, body: string, query: URLSearchParams): string {
    const ActionStatus = code === 0 ? 'OK' : 'FAIL';
    const IPList = this.addresses[query.get('nettype') ?? ''];
    return JSON.stringify({
      ActionStatus,
      ErrorCode: code,
      ErrorInfo: code === 0 ? '' : `about ${body}`,
      ...(code === 0 && IPList && { IPList }),
    });
  }
}
