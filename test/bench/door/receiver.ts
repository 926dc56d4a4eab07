import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.ts';
import { KillableReceiver } from '../../support/doubles/killable.ts';
import { SteadySender } from '../../support/doubles/steady-sender.ts';
import { type DoorScenario, sdkAppId, token } from './scenarios.ts';

/** As long as the memory grows by itself: what comes after that is the strangers' doing. */
const WARM_UP = { rate: 800, seconds: 25 };
/** Nobody listens there: what is measured ends with the journal. */
const NO_TEMPORAL = '127.0.0.1:1';

export async function startReceiver(
  { openFiles }: Pick<DoorScenario, 'openFiles'>,
  folder: string,
  cleanup: Cleanup,
): Promise<KillableReceiver> {
  const receiver = await KillableReceiver.start(
    {
      SDK_APP_ID: sdkAppId,
      DATA_DIR: join(folder, `${Date.now()}`),
      TEMPORAL_ADDRESS: NO_TEMPORAL,
      LOG_LEVEL: 'info',
    },
    openFiles,
  );
  cleanup.defer(() => receiver.kill());
  return receiver;
}

export async function warmUp(url: string): Promise<void> {
  const sender = new SteadySender({ url, sdkAppId, token, kept: 16, patience: 60_000 });
  await sender.send(WARM_UP);
  sender.close();
}
