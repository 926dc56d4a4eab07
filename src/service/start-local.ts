import type { Settings } from '../config/settings.ts';
import { findTemporalCli } from '../temporal/local/find-cli.ts';
import { type LocalServer, startLocalServer } from '../temporal/local/server.ts';

type LocalOptions = { settings: Settings; say: (line: string) => void };

/** Starts a local Temporal server, if this process has one. */
export async function startLocal({ settings, say }: LocalOptions): Promise<LocalServer | undefined> {
  const { localTemporal, temporal, codec, http, parts } = settings;
  if (!parts.localTemporal) return undefined;
  const { cliPath, searchPath, dir, port, uiPort, cacheDir } = localTemporal;
  const findCli = () => findTemporalCli({ cliPath, searchPath, cacheDir, say });
  // A browser on this machine opens the UI, and calls the codec server.
  const codecEndpoint = `http://127.0.0.1:${http.opsPort}/codec`;
  const flags = codec && codec.origins.length > 0 ? ['--ui-codec-endpoint', codecEndpoint] : [];
  return startLocalServer({ findCli, dir, port, uiPort, namespace: temporal.namespace, say, flags });
}
