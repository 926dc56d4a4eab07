import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableReceiver } from '../../support/doubles/killable.ts';
import { LedgerEndpoint, type LedgerEndpointOptions } from '../../support/doubles/ledger-endpoint.ts';
import type { ProcessSettings } from '../../support/servers/process.ts';
import { SDK_APP_ID, TOKEN } from '../app.ts';

/** What the answer to a callback must say is the endpoint's own business. */
export const PASSED_THROUGH = 'C2C.CallbackBeforeSendMsg';

/** Nobody listens there: what is measured ends with the journal. */
const NO_TEMPORAL = '127.0.0.1:1';

export async function startEndpoint(
  options: Omit<LedgerEndpointOptions, 'token'>,
  cleanup: Cleanup,
): Promise<LedgerEndpoint> {
  const endpoint = await LedgerEndpoint.start({ token: TOKEN, ...options });
  cleanup.defer(() => endpoint.kill());
  return endpoint;
}

/** A receiver as in production, in front of an endpoint. */
export async function startReceiver(
  { endpoint, folder, settings }: { endpoint: LedgerEndpoint; folder: string; settings?: ProcessSettings },
  cleanup: Cleanup,
): Promise<KillableReceiver> {
  const receiver = await KillableReceiver.start({
    SDK_APP_ID,
    CALLBACK_TOKEN: TOKEN,
    DATA_DIR: join(folder, `${Date.now()}`),
    TEMPORAL_ADDRESS: NO_TEMPORAL,
    NODE_ENV: 'production',
    LOG_LEVEL: 'info',
    RELAY_URL: endpoint.url,
    ...settings,
  });
  cleanup.defer(() => receiver.kill());
  return receiver;
}
