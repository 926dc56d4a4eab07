import type { IncomingMessage } from 'node:http';
import { AddressList, type AddressRange } from './addresses.ts';
import { clientAddress } from './client-address.ts';
import type { VendorList } from './vendor-list.ts';

export type AllowedClientsOptions = {
  ranges: readonly AddressRange[];
  /** The vendor's own addresses. Absent: `CALLBACK_ALLOW` does not name them. */
  vendor?: VendorList | undefined;
  trustedProxies: readonly AddressRange[];
};

/** Decides by its address who may post callbacks. */
export class AllowedClients {
  readonly #ranges: AddressList;
  readonly #vendor: VendorList | undefined;
  readonly #trustedProxies: AddressList;

  constructor({ ranges, vendor, trustedProxies }: AllowedClientsOptions) {
    this.#ranges = new AddressList(ranges);
    this.#vendor = vendor;
    this.#trustedProxies = new AddressList(trustedProxies);
  }

  /** The address of a client that may not post callbacks. Undefined: it may. */
  refusedAddress(request: Pick<IncomingMessage, 'socket' | 'headers'>): string | undefined {
    const client = clientAddress(request, this.#trustedProxies);
    if (client === undefined) return this.#vendor?.isEnforced === false ? undefined : 'unknown';
    if (this.#ranges.includes(client) || this.#vendor?.allows(client)) return undefined;
    return client;
  }

  /** For readiness: what is allowed, in words. */
  describe(): string {
    const own = this.#ranges.size > 0 ? [`${this.#ranges.size} of CALLBACK_ALLOW`] : [];
    return [...own, ...(this.#vendor ? [this.#vendor.describe()] : [])].join('; ');
  }

  async stop(): Promise<void> {
    await this.#vendor?.stop();
  }
}
