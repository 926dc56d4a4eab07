import { Gauge, type Registry } from 'prom-client';

/** Adds a gauge of the vendor's list of addresses, which is read at each scrape. */
export function observeVendorList(registry: Registry, list: { isEnforced: boolean }): void {
  new Gauge({
    name: 'unfriend_callback_allow_enforced',
    help: "Whether callbacks from other addresses than CALLBACK_ALLOW's are refused; 0: Tencent's list could not be had",
    registers: [registry],
    collect() {
      this.set(list.isEnforced ? 1 : 0);
    },
  });
}
