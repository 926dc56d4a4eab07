/// <reference path="./tls-sig-api-v2.d.ts" />
import { Api } from 'tls-sig-api-v2';

/** How long a UserSig is valid. The vendor advises at least a day. */
const VALID_S = 24 * 60 * 60;

/** It is renewed long before it expires, so a clock that is a bit off does no harm. */
const RENEW_AFTER_MS = (VALID_S / 2) * 1000;

/** Makes the administrator's UserSig, which is a password for the REST API, and keeps it for half of its life. */
export class UserSigs {
  readonly #api: Api;
  readonly #admin: string;
  #current: { userSig: string; madeAt: number } | undefined;

  constructor({ sdkAppId, admin, secretKey }: { sdkAppId: string; admin: string; secretKey: string }) {
    this.#api = new Api(Number(sdkAppId), secretKey);
    this.#admin = admin;
  }

  get(): string {
    const now = Date.now();
    const age = now - (this.#current?.madeAt ?? Number.NEGATIVE_INFINITY);
    // Negative: the clock was set back, so the UserSig is dated in the future.
    if (!this.#current || age < 0 || age > RENEW_AFTER_MS) {
      this.#current = { userSig: this.#api.genUserSig(this.#admin, VALID_S), madeAt: now };
    }
    return this.#current.userSig;
  }

  /** Drops a UserSig that was refused, unless another call has already renewed it. */
  drop(refused: string): void {
    if (this.#current?.userSig === refused) this.#current = undefined;
  }
}
