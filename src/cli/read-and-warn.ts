import { type Role, readSettings, type Settings } from '../config.ts';
import { say } from './output.ts';
import type { CliContext } from './program.ts';

/** The settings for a command that people run by hand, which says on stderr what may be misspelt. */
export function readAndWarn({ environment }: CliContext, role: Role): Settings {
  const settings = readSettings(environment, role);
  for (const message of settings.misspelt) say(message);
  return settings;
}
