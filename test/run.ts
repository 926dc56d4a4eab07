/**
 * Runs the test suites with `node --test`: `npm test`, or `npm test -- unit e2e` for some of them.
 * A suite whose server can't be had here is listed as NOT RUN, with what installs it; in CI that is a failure,
 * and so is a run that finds no test.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { findTestServers, type TestServers } from './support/find-servers.ts';

type Suite = { name: string; needs: (keyof TestServers)[] };

const SUITES: Suite[] = [
  { name: 'unit', needs: [] },
  { name: 'replay', needs: [] },
  { name: 'integration', needs: ['temporalCli', 'timeSkippingServer'] },
  { name: 'e2e', needs: ['temporalCli'] },
  { name: 'trace', needs: ['temporalCli', 'strace'] },
];

const TEST_DIR = import.meta.url;
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0)
  fail(`No suite named ${unknown.join(', ')}; there are ${SUITES.map(({ name }) => name).join(', ')}.`);

const servers = await findTestServers();
const files: string[] = [];
const notRun: string[] = [];
for (const { name, needs } of SUITES.filter((suite) => wanted.length === 0 || wanted.includes(suite.name))) {
  const missing = needs.map((need) => servers[need]).find((server) => server.path === undefined);
  if (missing) notRun.push(`NOT RUN: ${name}. ${missing.install}`);
  else files.push(...testFiles(name));
}
if (files.length === 0) fail('No test was found.');

const code = await runTests(files);
for (const line of notRun) console.error(line);
process.exitCode = notRun.length > 0 && process.env.CI === 'true' ? 1 : code;

function testFiles(suite: string): string[] {
  const dir = new URL(`${suite}/`, TEST_DIR).pathname;
  const found = readdirSync(dir).filter((file) => file.endsWith('.test.ts'));
  if (found.length === 0) fail(`The suite ${suite} has no test.`);
  return found.map((file) => join(dir, file));
}

function runTests(paths: string[]): Promise<number> {
  const env = {
    ...process.env,
    TEST_TEMPORAL_CLI: servers.temporalCli.path,
    TEST_TIME_SKIPPING_SERVER: servers.timeSkippingServer.path,
    // A developer's own Temporal profile must not lead the tests to a real server.
    TEMPORAL_CONFIG_FILE: new URL('support/no-temporal-profile.toml', TEST_DIR).pathname,
  };
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', ...paths];
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  return new Promise((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
