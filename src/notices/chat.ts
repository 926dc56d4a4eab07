import { Agent, request } from 'undici';
import { withDeadline } from '../../activities/backends/net/deadline.ts';
import { readAnswer } from '../../activities/backends/net/read-answer.ts';
import type { ComposedNotice } from './compose-notice.ts';

const TIMEOUT_MS = 10_000;
/** The answer of a chat is short. A longer one is not read. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** The chat did not take a notice. The message names its host and nothing of the address, which is a secret. */
export class NoticeRefusedError extends Error {
  override name = 'NoticeRefusedError';
}

/** How a chat takes a text, and how its answer tells that it did not, although HTTP says 200. */
type Chat = {
  hosts: RegExp;
  body: (text: string) => object;
  refusal?: (answer: Record<string, unknown>) => unknown;
};

/**
 * By the documents of each vendor:
 * Slack https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
 * WeCom https://developer.work.weixin.qq.com/document/path/91770
 * Feishu https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
 * DingTalk https://open.dingtalk.com/document/orgapp/custom-bot-send-message-type
 */
const CHATS: readonly Chat[] = [
  { hosts: /(^|\.)slack\.com$/, body: (text) => ({ text }) },
  {
    hosts: /^(qyapi\.weixin\.qq\.com|oapi\.dingtalk\.com)$/,
    body: (content) => ({ msgtype: 'text', text: { content } }),
    refusal: ({ errcode, errmsg }) => errcode && `${errcode} ${errmsg}`,
  },
  {
    hosts: /^open\.(feishu\.cn|larksuite\.com)$/,
    body: (text) => ({ msg_type: 'text', content: { text } }),
    refusal: ({ code, msg }) => code && `${code} ${msg}`,
  },
];

/** A chat's incoming webhook, or an endpoint of the user's own, which gets the whole notice as JSON. */
export class ChatWebhook {
  readonly #url: URL;
  readonly #chat: Chat | undefined;
  readonly #agent = new Agent({ connections: 2 });

  /** @param as the host by which the chat is known; for tests, whose stand-in is on this machine */
  constructor(url: string, as?: string) {
    this.#url = new URL(url);
    this.#chat = CHATS.find(({ hosts }) => hosts.test(as ?? this.#url.hostname));
  }

  /** @throws NoticeRefusedError */
  async send(notice: ComposedNotice): Promise<void> {
    const body = this.#chat ? this.#chat.body(notice.text) : { type: 'unfriend.notice', ...notice };
    const { statusCode, text } = await this.#post(JSON.stringify(body));
    if (statusCode < 200 || statusCode > 299) throw this.#refused(`HTTP ${statusCode}`);
    const refusal = this.#chat?.refusal?.(parseObject(text));
    if (refusal) throw this.#refused(String(refusal));
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #post(body: string): Promise<{ statusCode: number; text: string }> {
    const headers = { 'content-type': 'application/json', 'user-agent': 'unfriend' };
    try {
      return await withDeadline(TIMEOUT_MS, undefined, async (signal) => {
        const dispatcher = this.#agent;
        const answer = await request(this.#url, { method: 'POST', headers, body, dispatcher, signal });
        const text = await readAnswer(answer.body, MAX_ANSWER_BYTES);
        return { statusCode: answer.statusCode, text: String(text ?? '') };
      });
    } catch (error) {
      throw this.#refused(
        error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : 'no answer',
      );
    }
  }

  #refused(reason: string): NoticeRefusedError {
    return new NoticeRefusedError(`NOTICE_URL: ${this.#url.host} did not take the notice: ${reason}`);
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
