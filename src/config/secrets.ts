import { readFileSync } from 'node:fs';
import type { Environment } from './role.ts';

/**
 * The settings that are secrets, and the addresses that may hold one. Each can also be read from the file that
 * `<name>_FILE` names. No value of them is ever printed.
 */
export const SECRETS = [
  'CALLBACK_TOKEN',
  'NOTIFY_SECRET',
  'TENCENT_SECRET_KEY',
  'TEMPORAL_API_KEY',
  'PAYLOAD_KEYS',
  'CODEC_TOKEN',
  'NOTICE_URL',
  'CACHE_URL',
  'SEARCH_URL',
  'NOTIFY_URL',
  'RELAY_URL',
];

export function fileSetting(secret: string): string {
  return `${secret}_FILE`;
}

export type SecretFiles = {
  /** The environment with the secrets that are in files. */
  environment: Environment;
  /** The secrets whose file has a fault. */
  faulty: ReadonlySet<string>;
};

/**
 * Reads the secrets that are in files.
 *
 * @param ignored settings whose files are not looked at
 * @param faults gets one sentence per fault, which says nothing of what is in the file
 */
export function readSecretFiles(
  environment: Environment,
  ignored: readonly string[],
  faults: string[],
): SecretFiles {
  const fromFiles: Record<string, string> = {};
  const faulty = new Set<string>();
  for (const name of SECRETS.filter((secret) => !ignored.includes(secret))) {
    const path = environment[fileSetting(name)]?.trim();
    if (!path) continue;
    const read = environment[name]?.trim()
      ? { fault: `contradicts ${name}; unset one of them` }
      : readLine(path);
    if ('value' in read) fromFiles[name] = read.value;
    else {
      faulty.add(name);
      faults.push(`${fileSetting(name)}: ${read.fault}`);
    }
  }
  return { environment: { ...environment, ...fromFiles }, faulty };
}

/** The only line of a file. A newline at its end, as editors and `echo` write it, does not belong to the secret. */
function readLine(path: string): { value: string } | { fault: string } {
  let value: string;
  try {
    value = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { fault: `expected the path of a file that holds the secret; this one cannot be read (${code})` };
  }
  if (value.trim() === '') return { fault: 'expected a file that holds the secret; this one is empty' };
  if (/[\r\n]/.test(value)) return { fault: 'expected a file with one line; this one has more' };
  return { value };
}
