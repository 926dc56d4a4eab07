/**
 * Takes the README's pictures of the Temporal UI, from deliveries of the real demo.
 * Needs `npm run build` and Chromium: CHROMIUM_PATH says where it is.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';

const DOCS = dirname(fileURLToPath(import.meta.url));
const BIN = join(DOCS, '..', 'dist', 'src', 'cli', 'bin.js');
const CHROMIUM = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
const CHROMIUM_ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
/** 1400 × 1000 pixels in the file: a little smaller than life, so that id and timeline fit. */
const VIEW = { viewport: { width: 1610, height: 1150 }, deviceScaleFactor: 1400 / 1610 };

/** A demo is interrupted then, in ms; it may have to get the Temporal CLI first. */
const DEMO_TIMEOUT = 180_000;

function startDemo(dataDir: string, ...options: string[]): ChildProcess {
  return spawn(process.execPath, [BIN, 'demo', ...options], {
    env: { ...process.env, DATA_DIR: dataDir, LOCAL_TEMPORAL_PORT: '0', LOCAL_TEMPORAL_UI_PORT: '0' },
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
  const demo = startDemo(dataDir, '--exit', '--pairs', String(pairs));
  demo.stdout?.resume();
  const [code] = await once(demo, 'exit');
  if (code !== 0) throw new Error(`the demo with ${pairs} pairs exited with ${code}`);
}

async function takePictures(page: Page, link: string): Promise<void> {
  await page.goto(link.replace(/\/history$/, '/timeline'));
  await page.getByTitle('Collapse Navigation').click();
  await page.getByRole('button', { name: 'Descending' }).click();
  for (const activity of ['clearCaches', 'updateSearchIndex', 'notifyUsers']) {
    await page.getByText(`${activity} •`).first().waitFor();
  }
  await save(page, 'temporal-ui.png');

  await page.setViewportSize({ ...VIEW.viewport, height: 620 });
  await page.goto(link.replace(/\/history$/, '/user-metadata'));
  await page.frameLocator('#user-metadata-current-details').getByText('notifyUsers').waitFor();
  await save(page, 'temporal-ui-details.png');

  await page.setViewportSize({ ...VIEW.viewport, height: 500 });
  const query = encodeURIComponent('WorkflowType="friendDeleted"');
  await page.goto(`${link.slice(0, link.lastIndexOf('/workflows/'))}/workflows?query=${query}`);
  await page.getByRole('link', { name: 'friend-deleted/' }).nth(2).waitFor();
  await save(page, 'temporal-ui-list.png');
}

async function save(page: Page, name: string): Promise<void> {
  await page.mouse.move(0, 0); // No tooltip of what was clicked last.
  await page.waitForTimeout(1_000); // Transitions end.
  await page.screenshot({ path: join(DOCS, name) });
}

const dataDir = await mkdtemp(join(tmpdir(), 'unfriend-screenshots-'));
try {
  for (const pairs of [12, 1]) await deliver(dataDir, pairs);
  const demo = startDemo(dataDir);
  try {
    const link = await readLink(demo);
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
    await takePictures(await browser.newPage(VIEW), link).finally(() => browser.close());
  } finally {
    await end(demo);
  }
} catch (error) {
  console.error(`No screenshots: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
} finally {
  await rm(dataDir, { recursive: true, force: true });
}
