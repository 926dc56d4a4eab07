import { fileURLToPath } from 'node:url';
import {
  type Environment,
  type Role,
  readSettings,
  type Settings,
  SettingsError,
} from '../../../src/config/settings.ts';

import { EMBEDDED } from './embedded.ts';

export const MINUTE = 60_000;

/** Does not exist, so that the configuration of whoever runs the tests does not matter. */
const NO_TEMPORAL_CONFIG = {
  TEMPORAL_CONFIG_FILE: fileURLToPath(new URL('no-such-file.toml', import.meta.url)),
};

/** On the embedded stand-ins, unless `environment` says otherwise. */
export function read(environment: Environment, role: Role): Settings {
  return readSettings({ ...NO_TEMPORAL_CONFIG, ...EMBEDDED, ...environment }, role);
}

/** Every fault of the settings; none when they can be read. */
export function faultsOf(environment: Environment, role: Role): readonly string[] {
  try {
    read(environment, role);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}
