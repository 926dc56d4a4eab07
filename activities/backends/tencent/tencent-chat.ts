import { BackendError, type Finding } from '../backend.ts';
import type { FriendDeletedMessage, Messenger } from '../messenger.ts';
import { messageNumbers } from './message-numbers.ts';
import { MessageRate } from './message-rate.ts';
import { judgeErrorCode } from './tencent-errors.ts';
import { type TencentAccess, TencentRest } from './tencent-rest.ts';

/** The vendor's limit for one message. */
const MAX_BYTES = 12 * 1024;

/** The receiver refuses callbacks whose `RequestTime` is farther off than this. */
const MAX_CLOCK_SKEW_MS = 60_000;

const SEND_MESSAGE = 'v4/openim/sendmsg';
/** Says whether an account exists, and changes nothing. */
const CHECK_ACCOUNT = 'v4/im_open_login_svc/account_check';

/**
 * Sends messages by Tencent Chat's REST API. The vendor silently drops a repeat within 120 s. A later repeat reaches
 * the devices again, with the same bytes.
 */
export class TencentChat implements Messenger {
  readonly #rest: TencentRest;
  readonly #rate: MessageRate;
  readonly #admin: string;

  /** @param rate messages per second, of all activities of this process */
  constructor({ rate, ...access }: TencentAccess & { rate: number }) {
    this.#rest = new TencentRest(access);
    this.#rate = new MessageRate(rate);
    this.#admin = access.admin;
  }

  async send(message: FriendDeletedMessage, key: string, signal: AbortSignal): Promise<'sent'> {
    const body = composeSendMsg(this.#admin, message, key);
    const size = Buffer.byteLength(body);
    if (size > MAX_BYTES) {
      throw new BackendError('Rejected', `the message has ${size} bytes, Tencent Chat takes ${MAX_BYTES}`);
    }
    await this.#rate.turn(signal);
    const { errorCode } = await this.#rest.call(SEND_MESSAGE, body, signal);
    if (errorCode !== 0) throw this.#failureOf(errorCode, 'sendmsg');
    return 'sent';
  }

  #failureOf(errorCode: number, command: string): BackendError {
    const { type, means } = judgeErrorCode(errorCode);
    const message = `${this.#rest.peer} answered ${errorCode} to ${command}${means ? `: ${means}` : ''}`;
    return new BackendError(type, message, type === 'Busy' ? { retryAfter: this.#rate.slowDown() } : {});
  }

  async check(): Promise<Finding[]> {
    const body = JSON.stringify({ CheckItem: [{ UserID: this.#admin }] });
    try {
      const answer = await this.#rest.call(CHECK_ACCOUNT, body, new AbortController().signal);
      return [this.#judgeAccess(answer.errorCode), ...judgeClock(answer.clockAhead)];
    } catch (error) {
      const message = `${error instanceof Error ? error.message : 'no answer'}; check TENCENT_DOMAIN, and that this machine may reach it`;
      return [{ state: 'fault', message }];
    }
  }

  #judgeAccess(errorCode: number): Finding {
    if (errorCode === 0) return { state: 'ok', message: `${this.#rest.peer} takes our UserSig` };
    return { state: 'fault', message: this.#failureOf(errorCode, 'account_check').message };
  }

  close(): Promise<void> {
    return this.#rest.close();
  }
}

/**
 * Silent: no push, no unread count, no change in the list of conversations. The message itself triggers no callbacks.
 */
export function composeSendMsg(admin: string, message: FriendDeletedMessage, key: string): string {
  const { msgSeq, msgRandom } = messageNumbers(key);
  return JSON.stringify({
    // 2: not to the sender's own devices.
    SyncOtherMachine: 2,
    From_Account: admin,
    To_Account: message.data.recipient,
    MsgSeq: msgSeq,
    MsgRandom: msgRandom,
    ForbidCallbackControl: ['ForbidBeforeSendMsgCallback', 'ForbidAfterSendMsgCallback'],
    SendMsgControl: ['NoUnread', 'NoLastMsg', 'WithMuteNotifications'],
    MsgBody: [{ MsgType: 'TIMCustomElem', MsgContent: { Data: JSON.stringify(message) } }],
    // 1: no push.
    OfflinePushInfo: { PushFlag: 1 },
  });
}

function judgeClock(ahead: number | undefined): Finding[] {
  if (ahead === undefined) return [];
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (Math.abs(ahead) <= MAX_CLOCK_SKEW_MS)
    return [{ state: 'ok', message: "the clock agrees with Tencent's" }];
  const message = `this machine's clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} Tencent's: signed callbacks are refused beyond 60 s; set the clock, best by NTP`;
  return [{ state: 'fault', message }];
}
