import { NativeConnection } from '@temporalio/worker';
import type { TemporalSettings } from '../../config/settings.ts';

/** For workers, which need the SDK's native connection. Throws when Temporal can't be reached. */
export function connectWorker(settings: TemporalSettings): Promise<NativeConnection> {
  return NativeConnection.connect(settings.connectionOptions);
}
