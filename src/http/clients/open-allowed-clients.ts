import { join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { observeVendorList } from '../../telemetry/allow-metrics.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Metrics } from '../../telemetry/metrics.ts';
import { AllowedClients } from './allowed-clients.ts';
import { VendorList } from './vendor-list.ts';

/** In `DATA_DIR`. */
const FILE = 'callback-addresses.json';

type Observers = { metrics: Metrics; logger: Logger };

/** Undefined: everyone may post callbacks. */
export async function openAllowedClients(
  settings: Settings,
  observers: Observers,
): Promise<AllowedClients | undefined> {
  const { allow, trustedProxies } = settings.http;
  if (!allow) return undefined;
  const vendor = allow.tencent ? await openVendorList(settings, observers) : undefined;
  return new AllowedClients({ ranges: allow.ranges, vendor, trustedProxies });
}

/** The client of the REST API is loaded only where it is needed. */
async function openVendorList(
  { tencent, sdkAppId, dataDir }: Settings,
  { metrics, logger }: Observers,
): Promise<VendorList> {
  const { secretKey } = tencent;
  if (!sdkAppId || !secretKey) throw new TypeError('CALLBACK_ALLOW=tencent needs TENCENT_SECRET_KEY');
  const { fetchCallbackAddresses } = await import(
    '../../../activities/backends/tencent/callback-addresses.ts'
  );
  const access = { ...tencent, sdkAppId, secretKey };
  const list = VendorList.open({
    file: join(dataDir, FILE),
    fetch: (signal) => fetchCallbackAddresses(access, signal),
    logger,
  });
  observeVendorList(metrics.registry, list);
  return list;
}
