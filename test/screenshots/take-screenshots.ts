/**
 * Takes the documentation's pictures of the Temporal UI, from deliveries of the real demo, and from some that fail.
 * Needs `npm run build`, Chromium (CHROMIUM_PATH, else on the PATH) and redis-server.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { findTestServers } from '../support/servers/find-servers.ts';
import { TemporalUi } from '../support/servers/temporal-ui.ts';
import { type Part, takeFailingPictures } from './failing-pictures.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCS = join(ROOT, 'docs');
const BIN = join(ROOT, 'dist', 'src', 'cli', 'bin.js');
/** 1400 × 1000 pixels in the file: a little smaller than life, so that id and timeline fit. */
const VIEW = { viewport: { width: 1610, height: 1150 }, deviceScaleFactor: 1400 / 1610 };

/** A demo is interrupted then, in ms; it may have to get the Temporal CLI first. */
const DEMO_TIMEOUT = 180_000;

function startDemo(
  dataDir: string,
  options: string[] = [],
  firstPass: 'activities' | 'local' = 'activities',
): ChildProcess {
  return spawn(process.execPath, [BIN, 'demo', ...options], {
    env: {
      ...process.env,
      DATA_DIR: dataDir,
      LOCAL_TEMPORAL_PORT: '0',
      LOCAL_TEMPORAL_UI_PORT: '0',
      FIRST_PASS: firstPass,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEMO_TIMEOUT,
    killSignal: 'SIGINT',
  });
}

/** The link that the demo prints once its delivery is finished. */
async function readLink(demo: ChildProcess): Promise<string> {
  for await (const line of createInterface(demo.stdout as NodeJS.ReadableStream)) {
    const [, link] = /^Temporal UI: (\S+)$/.exec(line) ?? [];
    if (link) return link;
  }
  throw new Error('the demo ended before it printed the link to the Temporal UI');
}

/** As Ctrl-C does; the demo ends its Temporal server by itself. */
async function end(demo: ChildProcess): Promise<void> {
  if (demo.exitCode !== null || demo.signalCode !== null) return;
  demo.kill('SIGINT');
  await once(demo, 'exit');
}

/** Earlier deliveries, so that the list has something to show. */
async function deliver(dataDir: string, pairs: number): Promise<void> {
  const demo = startDemo(dataDir, ['--exit', '--pairs', String(pairs)]);
  demo.stdout?.resume();
  const [code] = await once(demo, 'exit');
  if (code !== 0) throw new Error(`the demo with ${pairs} pairs exited with ${code}`);
}

async function takeDemoPictures(ui: TemporalUi, link: string): Promise<void> {
  const { page } = ui;
  await page.goto(link.replace(/\/history$/, '/timeline'));
  await ui.collapseNavigation();
  await page.getByRole('button', { name: 'Descending' }).click();
  for (const activity of ['clearCaches', 'updateSearchIndex', 'notifyUsers']) {
    await page.getByText(`${activity} •`).first().waitFor();
  }
  await save(ui, 'temporal-ui.png');

  await page.goto(link.replace(/\/history$/, '/user-metadata'));
  await ui.details.getByText('notifyUsers').waitFor();
  await save(ui, 'temporal-ui-details.png', { height: 620 });

  const query = encodeURIComponent('WorkflowType="friendDeleted"');
  const { pathname } = new URL(link);
  await ui.openList(`${pathname.slice(0, pathname.lastIndexOf('/workflows/'))}/workflows?query=${query}`);
  await page.getByRole('link', { name: 'friend-deleted/' }).nth(2).waitFor();
  await save(ui, 'temporal-ui-list.png', { height: 500 });
}

/** A first pass that the worker did within its workflow task. */
async function takeLocalPicture(ui: TemporalUi, link: string): Promise<void> {
  await ui.page.goto(link.replace(/\/history$/, '/timeline'));
  await ui.collapseNavigation();
  await ui.page.getByRole('button', { name: 'Descending' }).click();
  await ui.page.getByText('clearCaches').first().waitFor();
  await save(ui, 'temporal-ui-local.png');
}

async function save({ page }: TemporalUi, name: string, { element, height }: Part = {}): Promise<void> {
  await page.setViewportSize({ ...VIEW.viewport, ...(height && { height }) });
  await page.mouse.move(0, 0); // No tooltip of what was clicked last.
  await page.waitForTimeout(1_000); // Transitions end.
  await (element ?? page).screenshot({ path: join(DOCS, name) });
}

async function takeAll(dataDir: string): Promise<void> {
  for (const pairs of [12, 1]) await deliver(dataDir, pairs);
  await beside(startDemo(dataDir), takeDemoPictures);
  await beside(startDemo(dataDir, [], 'local'), takeLocalPicture);
  await takeFailingPictures({ view: VIEW, save });
}

/** Takes pictures while a demo runs. */
async function beside(demo: ChildProcess, take: typeof takeDemoPictures): Promise<void> {
  try {
    const link = await readLink(demo);
    const ui = await TemporalUi.open(new URL(link).origin, VIEW);
    await take(ui, link).finally(() => ui.close());
  } finally {
    await end(demo);
  }
}

/** The same programs as the tests take, told to what they share with them. */
async function findPrograms(): Promise<void> {
  const { temporalCli, redis, chromium } = await findTestServers(['temporalCli', 'redis', 'chromium']);
  for (const { path, install } of [temporalCli, redis, chromium]) if (!path) throw new Error(install);
  process.env.TEST_TEMPORAL_CLI = temporalCli.path;
  process.env.TEST_REDIS_SERVER = redis.path;
  process.env.CHROMIUM_PATH = chromium.path;
}

const dataDir = await mkdtemp(join(tmpdir(), 'unfriend-screenshots-'));
try {
  await findPrograms();
  await takeAll(dataDir);
} catch (error) {
  console.error(`No screenshots: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
