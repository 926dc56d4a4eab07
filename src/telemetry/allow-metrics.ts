import { Gauge, type Registry } from 'prom-client';

/** Adds gauges of the vendor's list of addresses. They are read at each scrape. */
export function observeVendorList(registry: Registry, list: { isEnforced: boolean; age: number }): void {
  new Gauge({
    name: 'unfriend_callback_allow_enforced',
    help: "Whether callbacks from other addresses than CALLBACK_ALLOW's are refused; 0: Tencent's list could not be had",
    registers: [registry],
    collect() {
      this.set(list.isEnforced ? 1 : 0);
    },
  });
  new Gauge({
    name: 'unfriend_callback_allow_age_seconds',
    help: "How old Tencent's list of addresses is, in seconds; absent while there is none",
    registers: [registry],
    collect() {
      if (Number.isFinite(list.age)) this.set(list.age / 1_000);
      else this.remove();
    },
  });
}
