import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { findTemporalCli, isExecutable } from '../../../src/temporal/local/find-cli.ts';

/** A server that contenders need: its binary and version, or what installs it. */
export type BenchServer = { path: string | undefined; version: string; install: string };

export type BenchServers = { redis: BenchServer; postgres: BenchServer; temporal: BenchServer };

const DEBIAN_POSTGRES = '/usr/lib/postgresql';

export async function findBenchServers(): Promise<BenchServers> {
  return {
    redis: found(onPath('redis-server'), 'apt-get install redis-server'),
    postgres: found(onPath('postgres') ?? debianPostgres(), 'apt-get install postgresql'),
    temporal: found(
      await temporalCli(),
      'see https://docs.temporal.io/cli/setup-cli, or set TEMPORAL_CLI_PATH to the Temporal CLI',
    ),
  };
}

function found(path: string | undefined, install: string): BenchServer {
  return { path, version: path ? versionOf(path) : '', install };
}

/** `redis_server 7.0.15`, as it says it itself. */
function versionOf(path: string): string {
  const said = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? said.trim();
}

/** @returns undefined where the server can't run here */
export function pathOf(server: BenchServer): string {
  if (server.path === undefined) throw new Error(`not installed: ${server.install}`);
  return server.path;
}

function onPath(name: string): string | undefined {
  const dirs = (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
  return dirs.map((dir) => join(dir, name)).find(isExecutable);
}

/** Debian keeps it off the `PATH`; the newest of several. */
function debianPostgres(): string | undefined {
  if (!existsSync(DEBIAN_POSTGRES)) return undefined;
  const versions = readdirSync(DEBIAN_POSTGRES).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(DEBIAN_POSTGRES, version, 'bin', 'postgres')).find(isExecutable);
}

async function temporalCli(): Promise<string | undefined> {
  try {
    return await findTemporalCli({
      cliPath: process.env.TEMPORAL_CLI_PATH || undefined,
      searchPath: process.env.PATH ?? '',
      cacheDir: join(PACKAGE_ROOT, '.unfriend', 'cli'),
      say: (line) => console.error(line),
    });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}
