import { NativeConnection } from '@temporalio/worker';
import type { TemporalSettings } from '../../config/settings.ts';

/** Opens the SDK's native connection, which workers need. Throws when Temporal can't be reached. */
export function connectWorker(settings: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(settings.connectionOptions);
}
