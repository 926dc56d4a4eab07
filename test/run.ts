/**
 * Runs the test suites with `node --test`: `npm test`, or `npm test -- unit e2e` for some of them.
 * A file whose server can't be had here is listed as NOT RUN, with what installs it; in CI that is a failure,
 * and so is a run that finds no test.
 */
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { findTestServers, type ServerName } from './support/servers/find-servers.ts';
import { startOpenSearch } from './support/servers/open-search.ts';

/** A test file, `integration/http.test.ts`, and the servers without which it can't run. */
type TestFile = { name: string; needs: ServerName[] };

type Suite = { name: string; needs: ServerName[] };

const SUITES: Suite[] = [
  { name: 'unit', needs: [] },
  { name: 'replay', needs: [] },
  { name: 'integration', needs: ['temporalCli', 'timeSkippingServer'] },
  { name: 'e2e', needs: ['temporalCli'] },
  { name: 'trace', needs: ['temporalCli', 'strace'] },
];

/** What single files need instead of what their suite needs. */
const FILES: Record<string, ServerName[]> = {
  'integration/redis-caches.test.ts': ['redis'],
  'integration/open-search.test.ts': ['openSearch'],
  'integration/alerts.test.ts': ['promtool'],
  'e2e/backend-faults.test.ts': ['temporalCli', 'redis', 'ownOpenSearch'],
  'e2e/backends.test.ts': ['temporalCli', 'redis', 'openSearch'],
  'e2e/compose.test.ts': ['temporalCli', 'redis', 'openSearch'],
  'e2e/temporal-ui.test.ts': ['temporalCli', 'redis', 'chromium'],
  'e2e/thousand.test.ts': ['temporalCli', 'redis', 'openSearch'],
};

const TEST_DIR = import.meta.url;
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !SUITES.some((suite) => suite.name === name));
if (unknown.length > 0)
  fail(`No suite named ${unknown.join(', ')}; there are ${SUITES.map(({ name }) => name).join(', ')}.`);

const candidates = SUITES.filter((suite) => wanted.length === 0 || wanted.includes(suite.name)).flatMap(
  testFiles,
);
const servers = await findTestServers(new Set(candidates.flatMap(({ needs }) => needs)));
const missingOf = ({ needs }: TestFile) => needs.find((need) => servers[need]?.path === undefined);
const files = candidates.filter((file) => missingOf(file) === undefined);
const notRun = candidates
  .filter((file) => !files.includes(file))
  .map((file) => `NOT RUN: ${file.name}. ${servers[missingOf(file) as ServerName]?.install}`);
if (files.length === 0) fail('No test was found.');

const code = await runTests(files);
for (const line of notRun) console.error(line);
process.exitCode = notRun.length > 0 && process.env.CI === 'true' ? 1 : code;

function testFiles({ name: suite, needs }: Suite): TestFile[] {
  const found = readdirSync(new URL(`${suite}/`, TEST_DIR), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.test.ts'),
  );
  if (found.length === 0) fail(`The suite ${suite} has no test.`);
  return found.map((file) => `${suite}/${file}`).map((name) => ({ name, needs: FILES[name] ?? needs }));
}

/** With one OpenSearch for all of them: it takes seconds to start, and a gigabyte. */
async function runTests(chosen: TestFile[]): Promise<number> {
  const how = chosen.some(({ needs }) => needs.includes('openSearch')) && servers.openSearch?.path;
  const openSearch = how ? await startOpenSearch(how) : undefined;
  try {
    return await runNode(chosen, { ...(openSearch && { TEST_OPENSEARCH_URL: openSearch.url }) });
  } finally {
    await openSearch?.stop();
  }
}

function runNode(chosen: TestFile[], more: Record<string, string>): Promise<number> {
  const env = {
    ...process.env,
    TEST_TEMPORAL_CLI: servers.temporalCli?.path,
    TEST_TIME_SKIPPING_SERVER: servers.timeSkippingServer?.path,
    TEST_REDIS_SERVER: servers.redis?.path,
    TEST_PROMTOOL: servers.promtool?.path,
    CHROMIUM_PATH: servers.chromium?.path,
    // A developer's own Temporal profile must not lead the tests to a real server.
    TEMPORAL_CONFIG_FILE: new URL('support/no-temporal-profile.toml', TEST_DIR).pathname,
    ...more,
  };
  const paths = chosen.map(({ name }) => new URL(name, TEST_DIR).pathname);
  const args = ['--import', 'tsx', '--test', '--test-reporter=spec', ...paths];
  const child = spawn(process.execPath, args, { stdio: 'inherit', env });
  return new Promise((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
