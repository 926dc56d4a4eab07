/**
 * Runs the test suites with Node.js' test runner: `npm test`, or `npm test -- unit e2e/operate retry` for some suites,
 * folders or files. `npm test -- long` runs the tests that take minutes each. A file whose server can't be had here is
 * listed as NOT RUN, with what installs it. In CI that is a failure, and so is a run that finds no test.
 */
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { groupFiles } from './support/group-files.ts';
import { LONGEST, runFiles } from './support/run-files.ts';
import { findTestServers, type ServerName } from './support/servers/find-servers.ts';
import { startOpenSearch } from './support/servers/open-search.ts';
import { memoryFolder, startTemporalServer } from './support/servers/temporal.ts';

/** A test file, `integration/receiver/http.test.ts`, and the servers without which it can't run. */
type TestFile = { name: string; needs: ServerName[] };

type Suite = { name: string; needs: ServerName[] };

const LONG = 'long';
const SUITES: Suite[] = [
  { name: 'unit', needs: [] },
  { name: 'replay', needs: [] },
  { name: 'integration', needs: ['temporalCli', 'timeSkippingServer'] },
  { name: 'e2e', needs: ['temporalCli'] },
  { name: 'trace', needs: ['temporalCli', 'strace'] },
  // Minutes each, and only when they are asked for.
  { name: LONG, needs: ['temporalCli', 'redis', 'openSearch', 'ownOpenSearch'] },
];

/** What some files need instead of what their suite needs, by how their names begin. */
const NEEDS: Record<string, ServerName[]> = {
  'integration/backends/redis-': ['redis'],
  'integration/backends/open-search-': ['openSearch'],
  'integration/backends/elasticsearch.test.ts': ['elasticsearch'],
  'integration/deploy/alerts.test.ts': ['promtool'],
  'integration/deploy/chart': ['helm', 'kubernetesSchemas'],
  'e2e/service/backend-faults.test.ts': ['temporalCli', 'redis', 'ownOpenSearch'],
  'e2e/service/backends.test.ts': ['temporalCli', 'redis', 'openSearch'],
  'e2e/service/compose.test.ts': ['temporalCli', 'redis', 'openSearch'],
  'e2e/operate/temporal-ui.test.ts': ['temporalCli', 'redis', 'chromium'],
  'e2e/operate/temporal-ui-encrypted.test.ts': ['temporalCli', 'chromium'],
};

const TEST_DIR = import.meta.url;
/** `.js`: `npm test` runs the tests compiled, because each file would otherwise spend a second on its own compilation. */
const ENDING = extname(fileURLToPath(TEST_DIR));
const wanted = process.argv.slice(2);
const all = SUITES.flatMap(testFiles);
const unknown = wanted.filter((each) => !all.some(({ name }) => isMeant(name, each)));
if (unknown.length > 0)
  fail(
    `No suite, folder or file named ${unknown.join(', ')}. The suites: ${SUITES.map(({ name }) => name).join(', ')}.`,
  );
const stale = [...Object.keys(NEEDS), ...LONGEST].filter(
  (start) => !all.some(({ name }) => name.startsWith(start)),
);
if (stale.length > 0)
  fail(`No test file has such a name; mend NEEDS in run.ts, or LONGEST in run-files.ts: ${stale.join(', ')}`);

const candidates = all.filter(
  ({ name }) =>
    wanted.some((each) => isMeant(name, each)) || (wanted.length === 0 && !name.startsWith(`${LONG}/`)),
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
    (file) => file.endsWith(`.test${ENDING}`),
  );
  if (found.length === 0) fail(`The suite ${suite} has no test.`);
  return found
    .map((file) => `${suite}/${file.slice(0, -ENDING.length)}.ts`)
    .map((name) => ({ name, needs: ownNeeds(name) ?? needs }));
}

function ownNeeds(name: string): ServerName[] | undefined {
  return Object.entries(NEEDS).find(([start]) => name.startsWith(start))?.[1];
}

/**
 * `e2e`, `e2e/operate`, `e2e/retry`, `retry` and `test/e2e/operate/retry.test.ts` all mean `e2e/operate/retry.test.ts`:
 * each part has to be there, in this order.
 */
function isMeant(name: string, by: string): boolean {
  const parts = name.replace(/\.test\.ts$/, '').split('/');
  const asked = by.replace(/^(\.\/)?test\/|\/$|\.test\.ts$/g, '').split('/');
  let from = 0;
  return asked.every((part) => {
    from = parts.indexOf(part, from) + 1;
    return from > 0;
  });
}

/** What starts nothing can share a process. */
function isUnit({ name }: { name: string }): boolean {
  return name.startsWith('unit/');
}

/** With one OpenSearch and one Temporal for all of them: each takes seconds to start, and OpenSearch a gigabyte. */
async function runTests(chosen: TestFile[]): Promise<number> {
  const needed = (name: ServerName) =>
    chosen.some(({ needs }) => needs.includes(name)) ? servers[name]?.path : undefined;
  const stops: (() => Promise<void>)[] = [];
  Object.assign(process.env, environment());
  const shareOpenSearch = async (how: string) => {
    const openSearch = await startOpenSearch(how);
    stops.push(() => openSearch.stop());
    process.env.TEST_OPENSEARCH_URL = openSearch.url;
  };
  const shareTemporal = async () => {
    const temporal = await startTemporalServer();
    stops.push(() => temporal.stop());
    process.env.TEST_TEMPORAL_ADDRESS = temporal.address;
  };
  try {
    const how = needed('openSearch');
    const isTemporalNeeded = needed('temporalCli') && !process.env.TEST_TEMPORAL_ADDRESS;
    const starting = await Promise.allSettled([
      how && shareOpenSearch(how),
      isTemporalNeeded && shareTemporal(),
    ]);
    for (const started of starting) if (started.status === 'rejected') throw started.reason;
    const modules = memoryFolder();
    stops.push(async () => modules.remove());
    const compiled = chosen.map(({ name }) => ({
      name,
      path: fileURLToPath(new URL(name.replace(/\.ts$/, ENDING), TEST_DIR)),
    }));
    const [alone, grouped] = [compiled.filter((each) => !isUnit(each)), compiled.filter(isUnit)];
    return await runFiles([...groupFiles(grouped, modules.path), ...alone.map(({ path }) => path)]);
  } finally {
    for (const stop of stops) await stop();
  }
}

/** For the processes of the tests, which have this one's environment. */
function environment(): Record<string, string> {
  const found = {
    TEST_TEMPORAL_CLI: servers.temporalCli?.path,
    TEST_TIME_SKIPPING_SERVER: servers.timeSkippingServer?.path,
    TEST_REDIS_SERVER: servers.redis?.path,
    TEST_PROMTOOL: servers.promtool?.path,
    TEST_HELM: servers.helm?.path,
    TEST_KUBERNETES_SCHEMAS: servers.kubernetesSchemas?.path,
    CHROMIUM_PATH: servers.chromium?.path,
    // A search server of the tests ends before the work of the second compiler would pay.
    JDK_JAVA_OPTIONS: '-XX:TieredStopAtLevel=1',
    // Temporal's servers collect garbage half as often as by default. It costs memory, and saves a tenth of their time.
    GOGC: '200',
    // A developer's own Temporal profile must not lead the tests to a real server.
    TEMPORAL_CONFIG_FILE: join(PACKAGE_ROOT, 'test', 'support', 'no-temporal-profile.toml'),
  };
  return Object.fromEntries(
    Object.entries(found).flatMap(([name, path]) => (path === undefined ? [] : [[name, path]])),
  );
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}
