import { loadClientConnectConfig } from '@temporalio/envconfig';
import type { NativeConnectionOptions } from '@temporalio/worker';
import type { PayloadKey } from '../encryption/payload-keys.ts';
import type { Environment, Role } from './role.ts';
import { certificateFaults, unreadableFile } from './temporal-tls.ts';

/** Where Temporal is, as `@temporalio/envconfig` reads it. No address: none is configured. */
export type TemporalSettings = {
  connectionOptions: NativeConnectionOptions;
  namespace: string;
  configured: boolean;
  /** The first one encrypts, all decrypt. Absent or empty: nothing is encrypted. */
  payloadKeys?: readonly PayloadKey[];
};

const DEFAULT_ADDRESS = 'localhost:7233';
export const DEFAULT_UI_PORT = 8233;
const TEMPORAL_CLOUD = /\.(tmprl\.cloud|temporal\.io)$/i;

export function readTemporal(
  environment: Environment,
  role: Role,
  faults: string[],
): TemporalSettings | undefined {
  try {
    const present = Object.entries(environment).flatMap(([name, value]) =>
      value?.trim() ? [[name, value.trim()]] : [],
    );
    const overrideEnvVars: Record<string, string> = Object.fromEntries(present);
    // The demo has a server of its own, so a profile on disk must not lead it elsewhere.
    const { connectionOptions, namespace } = loadConnectConfig(overrideEnvVars, role === 'demo');
    faults.push(...certificateFaults(connectionOptions.tls, environment));
    return {
      connectionOptions: {
        ...connectionOptions,
        address: connectionOptions.address ?? DEFAULT_ADDRESS,
      },
      namespace: namespace ?? 'default',
      configured: connectionOptions.address !== undefined,
    };
  } catch (error) {
    const unreadable = unreadableFile(error, environment);
    if (unreadable) {
      faults.push(unreadable);
      return undefined;
    }
    // Only the first line: the others quote the TOML file, which may contain an API key.
    faults.push(`TEMPORAL_*: ${(error instanceof Error ? error.message : String(error)).split('\n', 1)[0]}`);
    return undefined;
  }
}

/** envconfig 1.24.0 throws a TypeError at a file without any profile, for example an empty one. */
function loadConnectConfig(overrideEnvVars: Record<string, string>, disableFile: boolean) {
  try {
    return loadClientConnectConfig({ overrideEnvVars, disableFile });
  } catch (error) {
    if (!(error instanceof TypeError) || overrideEnvVars.TEMPORAL_PROFILE) throw error;
    return loadClientConnectConfig({ overrideEnvVars, disableFile: true });
  }
}

/**
 * Guesses the address of the Temporal UI: that of Temporal Cloud, or a port on the server's own host, as the local server
 * has it.
 *
 * @param port of the UI of the local server; 0: any
 */
export function guessUi({ connectionOptions }: TemporalSettings, port: number | undefined): string {
  const { address = DEFAULT_ADDRESS } = connectionOptions;
  return isTemporalCloud(address)
    ? 'https://cloud.temporal.io'
    : `http://${hostOf(address)}:${port || DEFAULT_UI_PORT}`;
}

/** By its public names: at the address of a private link it can't be known. */
export function isTemporalCloud(address: string = DEFAULT_ADDRESS): boolean {
  return TEMPORAL_CLOUD.test(hostOf(address));
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}
