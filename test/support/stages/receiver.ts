import type { Client } from '@temporalio/client';
import { readSettings, type Settings } from '../../../src/config/settings.ts';
import { Receiver } from '../../../src/http/receiver.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import { FreshStarts } from '../../../src/temporal/start/fresh-starts.ts';
import { DeliveryStarter } from '../../../src/temporal/start/start-delivery.ts';
import { EMBEDDED } from '../inputs/embedded.ts';
import type { TestTemporal } from '../servers/temporal.ts';

export const SDK_APP_ID = '1400483163';
export const TOKEN = 'xxxxyyyy';

/** A receiver on a free port, in this process, before a real Temporal server. */
export type TestReceiver = { url: string; receiver: Receiver; client: Client; stop(): Promise<void> };

export async function startTestReceiver(
  temporal: Pick<TestTemporal, 'settings'>,
  environment: Record<string, string> = {},
): Promise<TestReceiver> {
  const settings: Settings = readSettings(
    {
      ...EMBEDDED,
      SDK_APP_ID,
      CALLBACK_TOKEN: TOKEN,
      HOST: '127.0.0.1',
      PORT: '0',
      DRAIN_DELAY: '300ms',
      ...environment,
    },
    'serve',
  );
  const freshStarts = new FreshStarts();
  const client = createClient(temporal.settings, [freshStarts.interceptor]);
  const starter = new DeliveryStarter(client, freshStarts, {
    taskQueue: 'nobody-works-here',
    plan: { sideEffects: [], notifyRecipient: 'from', retryFor: 1_000 },
    indexAccounts: true,
  });
  const recent = new RecentCallbacks(settings.dedupeWindow);
  const logger = createLogger('silent');
  const intake = new DirectIntake({ starter, recent, logger });
  const parts = { intake, metrics: createMetrics(), logger };
  const receiver = await Receiver.start(settings, parts);
  return {
    ...{ url: receiver.url, receiver, client },
    async stop() {
      await receiver.stop({ drain: false });
      await client.connection.close();
    },
  };
}
