import { z } from 'zod';
import { BackendError, type Finding } from '../backend.ts';
import type { Friendships } from '../friendships.ts';
import type { TencentApi } from './tencent-api.ts';

/**
 * Asks about up to 1,000 accounts, 200 times per second for the whole app. It answers HTTP 200 with an ErrorCode, and a
 * ResultCode for each account: 30001 wrong parameter, 30003 no such account, 30004 no administrator, 30006 failure inside,
 * 30007 timeout inside. https://www.tencentcloud.com/document/product/1047/34907
 */
const CHECK_FRIENDS = 'v4/sns/friend_check';

/** Well below the vendor's 1,000: a failed call concerns fewer pairs, and an answer has at most about 40 KB. */
const AT_ONCE = 100;

/** An account that is gone is in nobody's friend list, and nobody is in its own. */
const NO_SUCH_ACCOUNT = 30003;

/**
 * Whether To is in From's friend list, whatever is in To's own list: a pair is directed too. Its answer is `AWithB` or
 * `NoRelation`. https://www.tencentcloud.com/document/product/1047/33521
 */
const ONE_WAY = 'CheckResult_Type_Single';
const IN_THE_LIST = ['CheckResult_Type_AWithB', 'CheckResult_Type_BothWay'];
const NOT_IN_THE_LIST = ['CheckResult_Type_NoRelation', 'CheckResult_Type_BWithA'];

const ANSWER = z.object({
  InfoItem: z.array(
    z.object({ To_Account: z.string(), Relation: z.string().optional(), ResultCode: z.int().default(0) }),
  ),
});

type Item = z.output<typeof ANSWER>['InfoItem'][number];

/** Asks Tencent Chat's REST API, at the rate that messages share. */
export class TencentFriendships implements Friendships {
  readonly atOnce = AT_ONCE;
  readonly #api: TencentApi;

  constructor(api: TencentApi) {
    this.#api = api;
  }

  async areFriends(
    from: string,
    to: readonly string[],
    signal: AbortSignal,
  ): Promise<(boolean | BackendError)[]> {
    const body = JSON.stringify({ From_Account: from, To_Account: to, CheckType: ONE_WAY });
    const answer = await this.#api.call({ command: CHECK_FRIENDS, body, signal, accept: [NO_SUCH_ACCOUNT] });
    if (answer.errorCode === NO_SUCH_ACCOUNT) return to.map(() => false);
    const read = ANSWER.safeParse(answer.fields);
    if (!read.success) throw this.#unreadable();
    const byAccount = new Map(read.data.InfoItem.map((item) => [item.To_Account, item]));
    return to.map((account) => this.#judge(byAccount.get(account)));
  }

  #judge(item: Item | undefined): boolean | BackendError {
    if (!item) return this.#unreadable();
    const { ResultCode, Relation = '' } = item;
    if (ResultCode === NO_SUCH_ACCOUNT) return false;
    if (ResultCode !== 0) return this.#api.failureOf(ResultCode, CHECK_FRIENDS);
    if (IN_THE_LIST.includes(Relation)) return true;
    return NOT_IN_THE_LIST.includes(Relation) ? false : this.#unreadable();
  }

  #unreadable(): BackendError {
    return new BackendError('ServerError', `${this.#api.peer} did not say in friend_check who is a friend`);
  }

  check(): Promise<Finding[]> {
    return this.#api.check();
  }

  close(): Promise<void> {
    return this.#api.close();
  }
}
