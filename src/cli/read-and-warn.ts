import { type Role, readSettings, type Settings } from '../config/settings.ts';
import type { CliContext } from './context.ts';
import { say } from './output.ts';

/** Reads the settings for a command that people run by hand, and says on stderr which names may be misspelt. */
export function readAndWarn({ environment }: CliContext, role: Role): Settings {
  const settings = readSettings(environment, role);
  for (const message of settings.misspelt) say(message);
  return settings;
}
