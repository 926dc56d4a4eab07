import { BackendError, type Finding } from '../backend.ts';
import type { FriendDeletedMessage, Messenger } from '../messenger.ts';
import { messageNumbers } from './message-numbers.ts';
import type { TencentApi } from './tencent-api.ts';

/** The vendor's limit for one message. */
const MAX_BYTES = 12 * 1024;

const SEND_MESSAGE = 'v4/openim/sendmsg';

/**
 * Sends messages by Tencent Chat's REST API. The vendor silently drops a repeat within 120 s. A later repeat reaches
 * the devices again, with the same bytes.
 */
export class TencentChat implements Messenger {
  readonly #api: TencentApi;

  constructor(api: TencentApi) {
    this.#api = api;
  }

  async send(message: FriendDeletedMessage, key: string, signal: AbortSignal): Promise<'sent'> {
    const body = composeSendMsg(this.#api.admin, message, key);
    const size = Buffer.byteLength(body);
    if (size > MAX_BYTES) {
      throw new BackendError('Rejected', `the message has ${size} bytes, Tencent Chat takes ${MAX_BYTES}`);
    }
    await this.#api.call({ command: SEND_MESSAGE, body, signal });
    return 'sent';
  }

  check(): Promise<Finding[]> {
    return this.#api.check();
  }

  close(): Promise<void> {
    return this.#api.close();
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
