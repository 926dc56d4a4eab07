import type { Client } from '@temporalio/client';
import type { Settings } from '../config/settings.ts';
import { createClient } from '../temporal/connect.ts';
import type { CliContext } from './context.ts';
import { readAndWarn } from './read-and-warn.ts';

/** For commands that need Temporal and nothing else: connects, and disconnects once they are done. */
export async function onTemporal<T>(
  context: CliContext,
  act: (client: Client, settings: Settings) => Promise<T>,
): Promise<T> {
  const settings = readAndWarn(context, 'operate');
  const client = createClient(settings.temporal);
  try {
    return await act(client, settings);
  } finally {
    await client.connection.close();
  }
}
