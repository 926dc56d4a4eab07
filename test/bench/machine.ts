import { closeSync, fsyncSync, openSync, readFileSync, rmSync, statfsSync, writeSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import type { BenchServers } from './servers/index.ts';
import { median } from './statistics.ts';

/** What the numbers depend on besides the contenders. */
export type Machine = {
  cores: number;
  processor: string;
  memoryGiB: number;
  system: string;
  node: string;
  /** The one-minute load average before the first round: well above 0, others were at work. */
  loadBefore: number;
  fileSystem: string;
  /** Median time to write 4 KiB and sync them, in ms, on the disk that the contenders write to. */
  syncMs: number;
  /** Versions of servers and packages, by name. */
  versions: Record<string, string>;
};

const TMPFS = 0x01021994;
const SYNCS = 200;

/** @param folder on the disk that matters */
export function describeMachine(folder: string, versions: Record<string, string>): Machine {
  const cpus = os.cpus();
  return {
    cores: cpus.length,
    processor: cpus[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    loadBefore: os.loadavg()[0] ?? 0,
    // A sync to memory costs nothing, and says nothing about durability.
    fileSystem: statfsSync(folder).type === TMPFS ? 'tmpfs (NOT DURABLE: set TMPDIR to a disk)' : 'disk',
    syncMs: measureSync(folder),
    versions,
  };
}

function measureSync(folder: string): number {
  const path = join(folder, 'sync');
  const file = openSync(path, 'w');
  const page = Buffer.alloc(4096, 1);
  const times: number[] = [];
  for (let index = 0; index < SYNCS; index += 1) {
    const startedAt = performance.now();
    writeSync(file, page);
    fsyncSync(file);
    times.push(performance.now() - startedAt);
  }
  closeSync(file);
  rmSync(path);
  return median(times);
}

export function serverVersions(servers: Partial<BenchServers>): Record<string, string> {
  const entries = Object.entries(servers).filter(([, { path }]) => path !== undefined);
  return Object.fromEntries(entries.map(([name, { version }]) => [name, version]));
}

export function packageVersions(...names: string[]): Record<string, string> {
  const read = (name: string) => {
    const path = join(PACKAGE_ROOT, 'node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  };
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}
