/// <reference path="./tls-sig-api-v2.d.ts" />
import { Api } from 'tls-sig-api-v2';

/** How long a UserSig is valid; the vendor advises a day at least. */
const VALID_S = 24 * 60 * 60;

/** Renewed long before it expires, so that no clock that is a bit off matters. */
const RENEW_AFTER_MS = (VALID_S / 2) * 1000;

/** The admin's password for the REST API: made here, used until it is half as old as it may get. */
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
    // Negative: the clock was set back, and what was made then lies in the future.
    if (!this.#current || age < 0 || age > RENEW_AFTER_MS) {
      this.#current = { userSig: this.#api.genUserSig(this.#admin, VALID_S), madeAt: now };
    }
    return this.#current.userSig;
  }

  /** Drops one that was refused, unless another call has done so already. */
  drop(refused: string): void {
    if (this.#current?.userSig === refused) this.#current = undefined;
  }
}
