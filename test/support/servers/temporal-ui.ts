import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type FrameLocator, type Locator, type Page } from 'playwright-core';

const CHROMIUM_ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** How long the UI may take to show what is there, in ms. */
const SHOWN_WITHIN = 30_000;

/** How much of the UI is seen, in CSS pixels, and how many pixels of a picture that makes. */
export type View = {
  viewport: { width: number; height: number };
  deviceScaleFactor?: number;
  /** What a person enters when a server asks for it. */
  httpCredentials?: { username: string; password: string };
};

const WHOLE_TIMELINE: View = { viewport: { width: 1610, height: 1150 } };

/** A tab of a workflow's page, as it is named in its address. */
export type Tab = 'timeline' | 'pending-activities' | 'user-metadata';

/** The Temporal UI in a real browser, used as a person would. What is waited for has a deadline. */
export class TemporalUi {
  readonly page: Page;
  readonly #browser: Browser;
  readonly #url: string;
  /** Where the UI shows a workflow's run, by the workflow's id: to find out takes a load of the whole UI. */
  readonly #runs = new Map<string, string>();

  /** @param url of the UI, without a path */
  static async open(url: string, view = WHOLE_TIMELINE): Promise<TemporalUi> {
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGS });
    const page = await browser.newPage(view);
    page.setDefaultTimeout(SHOWN_WITHIN);
    return new TemporalUi({ browser, page, url });
  }

  private constructor({ browser, page, url }: { browser: Browser; page: Page; url: string }) {
    this.#browser = browser;
    this.page = page;
    this.#url = url;
  }

  close(): Promise<void> {
    return this.#browser.close();
  }

  /** @param path of a list of workflows, with its query, such as `/namespaces/default/workflows?query=…` */
  async openList(path: string): Promise<void> {
    await this.page.goto(`${this.#url}${path}`);
    await this.#rows.first().waitFor();
  }

  /** Of the list; the browser remembers them. */
  async chooseColumns({ add, remove = [] }: { add: string[]; remove?: string[] }): Promise<void> {
    const press = (name: string) => this.page.getByRole('button', { name, exact: true }).click();
    await press('Configure Columns');
    for (const name of remove) await press(`Remove ${name} column`);
    for (const name of add) {
      await press(`Add ${name} column`);
      await this.page.getByRole('columnheader', { name, exact: true }).waitFor();
    }
    await press('Close Workflows Table configuration');
  }

  /** Makes room. */
  async collapseNavigation(): Promise<void> {
    await this.page.getByTitle('Collapse Navigation').click();
  }

  /** What the list shows: a row a workflow, its cells by the titles of their columns. */
  async rows(): Promise<Record<string, string>[]> {
    const titles = await this.page.getByRole('columnheader').allInnerTexts();
    const cells = await cellsOf(this.#rows, 'td');
    return cells.map((row) => Object.fromEntries(row.map((text, at) => [titles[at]?.trim(), text])));
  }

  async openDelivery(workflowId: string, tab: Tab): Promise<void> {
    const known = this.#runs.get(workflowId);
    const run = known ?? (await this.#findRun(workflowId));
    // To find the run opens its timeline.
    if (known || tab !== 'timeline') await this.page.goto(`${run}/${tab}`);
    await this.page.getByTestId('workflow-id-heading').waitFor();
  }

  /** The workflow's status, such as `Completed`, as it was when the page was opened: the UI does not renew it. */
  async status(): Promise<string | undefined> {
    return (await this.page.getByTestId('execution-status').first().textContent())?.trim();
  }

  /** On the tab `user-metadata`. */
  async summary(): Promise<string> {
    const text = await this.page.frameLocator('#user-metadata-summary').locator('main').innerText();
    return text.trim();
  }

  /** On the tab `user-metadata`: the rows of one of the tables, counted from 0, its head among them. */
  async detailsTable(index = 0): Promise<string[][]> {
    const table = this.details.locator('table').nth(index);
    await table.waitFor();
    return cellsOf(table.locator('tr'), 'th, td');
  }

  /** The current details, on the tab `user-metadata`. */
  get details(): FrameLocator {
    return this.page.frameLocator('#user-metadata-current-details');
  }

  /** Sets a codec server in the UI's dialog, with what the browser knows for it, such as a password. */
  async useCodecServer(endpoint: string): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.locator('[data-testid^="data-encoder-status"]').first().click();
    await this.page.getByText('Use my browser setting', { exact: false }).first().click();
    await this.page.locator('#data-encoder-endpoint-input').fill(endpoint);
    await this.page.getByText('Include cross-origin credentials').click();
    await this.page.getByRole('button', { name: 'Apply' }).click();
  }

  /** Fills in the form of an update, and does not send it. */
  async fillUpdate(name: string, input: object): Promise<Locator> {
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: 'Send an Update' }).click();
    const form = this.page.getByRole('dialog', { name: 'Send an Update' });
    await form.getByRole('button', { name: 'Select an Update' }).click();
    await form.getByRole('option', { name }).click();
    await form.getByRole('textbox', { name: 'Data' }).click();
    // Set as the UI would: it does so once the editor loses the focus, and the buttons move away from a click.
    await this.page.keyboard.insertText(JSON.stringify(input, null, 2));
    return form;
  }

  /** Does it; when it fails, the error says where a picture of the page is. */
  async pictured<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      const path = join(mkdtempSync(join(tmpdir(), 'unfriend-ui-')), 'failed.png');
      await this.page.screenshot({ path });
      throw new Error(`${(error as Error).message}\nA picture of ${this.page.url()}: ${path}`, {
        cause: error,
      });
    }
  }

  async #findRun(workflowId: string): Promise<string> {
    await this.page.goto(`${this.#url}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`);
    await this.page.waitForURL(/\/timeline$/);
    const run = this.page.url().replace(/\/timeline$/, '');
    this.#runs.set(workflowId, run);
    return run;
  }

  get #rows(): Locator {
    return this.page.getByTestId('workflows-summary-configurable-table-row');
  }
}

async function cellsOf(rows: Locator, cells: string): Promise<string[][]> {
  const texts = await Promise.all((await rows.all()).map((row) => row.locator(cells).allInnerTexts()));
  return texts.map((row) => row.map((text) => text.replace(/\s+/g, ' ').trim()));
}

/** Where the runner found Chromium. */
function chromiumPath(): string {
  const path = process.env.CHROMIUM_PATH;
  if (!path) throw new Error('run the tests with npm test, which finds Chromium, or set CHROMIUM_PATH');
  return path;
}
