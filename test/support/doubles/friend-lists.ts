import { z } from 'zod';

/** The vendor's limit for one call. */
const MOST_ACCOUNTS = 1_000;

const account = z.string().min(1).max(32);

const FRIEND_CHECK = z.object({
  From_Account: account,
  To_Account: z.array(account).min(1).max(MOST_ACCOUNTS),
  CheckType: z.enum(['CheckResult_Type_Single', 'CheckResult_Type_Both']),
});

/** The friend lists of the vendor's accounts, and `v4/sns/friend_check` on them. */
export class FriendLists {
  /** Accounts that do not exist. Every other one does. */
  readonly missing = new Set<string>();
  /** ResultCodes of accounts that cannot be checked at the moment. */
  readonly failing = new Map<string, number>();
  readonly #lists = new Map<string, Set<string>>();

  /** Puts `to` into `from`'s list. */
  add(from: string, to: string): void {
    this.#lists.set(from, (this.#lists.get(from) ?? new Set()).add(to));
  }

  remove(from: string, to: string): void {
    this.#lists.get(from)?.delete(to);
  }

  has(from: string, to: string): boolean {
    return this.#lists.get(from)?.has(to) ?? false;
  }

  /** @returns an ErrorCode, or the fields of the answer */
  check(body: string): number | object {
    const asked = FRIEND_CHECK.safeParse(JSON.parse(body));
    if (!asked.success) return 30001;
    const { From_Account: from, To_Account: accounts, CheckType } = asked.data;
    if (this.missing.has(from)) return 30003;
    const items = accounts.map((to) => {
      const code = this.missing.has(to) ? 30003 : (this.failing.get(to) ?? 0);
      const relation = code === 0 ? this.#relation(from, to, CheckType) : 'NoRelation';
      return {
        To_Account: to,
        Relation: `CheckResult_Type_${relation}`,
        ResultCode: code,
        ResultInfo: code === 0 ? '' : `about ${to}`,
      };
    });
    const failed = items.filter(({ ResultCode }) => ResultCode !== 0).map(({ To_Account }) => To_Account);
    return { InfoItem: items, ...(failed.length > 0 && { Fail_Account: failed }) };
  }

  #relation(from: string, to: string, checkType: string): string {
    if (checkType === 'CheckResult_Type_Single') return this.has(from, to) ? 'AWithB' : 'NoRelation';
    if (this.has(from, to)) return this.has(to, from) ? 'BothWay' : 'AWithB';
    return this.has(to, from) ? 'BWithA' : 'NoRelation';
  }
}
