import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock } from 'node:test';
import { BackendError } from '../../../activities/backends/backend.ts';
import { TencentApi } from '../../../activities/backends/tencent/tencent-api.ts';
import { TencentChat } from '../../../activities/backends/tencent/tencent-chat.ts';
import { TENCENT, TencentChatServer } from '../doubles/tencent-chat.ts';
import { sendingOf } from '../inputs/messages.ts';

export const KEY = '1400000000/delivery-1/notifyUsers/alice/1';

/** A server of the vendor's REST API and a messenger, both new for each test. */
export class TencentStage {
  server!: TencentChatServer;
  messenger!: TencentChat;

  constructor() {
    beforeEach(async () => {
      this.server = await TencentChatServer.start();
      this.messenger = this.messengerOf();
    });
    afterEach(async () => {
      mock.timers.reset();
      await this.messenger.close();
      await this.server.close();
    });
  }

  apiOf(access: Partial<typeof TENCENT> = {}, rate = 1_000): TencentApi {
    return new TencentApi({ ...TENCENT, ...access, url: this.server.url, rate });
  }

  messengerOf(access: Partial<typeof TENCENT> = {}, rate = 1_000): TencentChat {
    return new TencentChat(this.apiOf(access, rate));
  }

  /** The failure of one try to send. */
  failureOf(): Promise<BackendError> {
    return failureOfSending(sendingOf(this.messenger, KEY));
  }

  /** No secret, account or query string is in a text that people see. */
  assertDiscreet(text: string): void {
    const { query } = this.server.requests.at(-1) ?? {};
    for (const secret of [
      TENCENT.secretKey,
      query?.get('usersig') ?? '',
      'usersig',
      'alice',
      'bob',
      'about',
    ]) {
      assert.ok(secret === '' || !text.includes(secret), `${text} holds ${secret}`);
    }
  }
}

export async function failureOfSending(sending: Promise<unknown>): Promise<BackendError> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof BackendError, String(error));
  return error;
}
