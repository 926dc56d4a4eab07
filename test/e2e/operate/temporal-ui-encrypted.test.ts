import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Client } from '@temporalio/client';
import { createClient } from '../../../src/temporal/connect.ts';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { keysOf, payloadKeysOf } from '../../support/inputs/payload-keys.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { TemporalUi } from '../../support/servers/temporal-ui.ts';
import { heldBytes } from '../../support/stages/with-keys.ts';
import { until } from '../../support/until.ts';

const PAIRS = pairsOf(['Secret-From', 'Secret-To'], ['Secret-From', 'Secret-Other']);
const SECRET = 'Secret-';
const CODEC_TOKEN = 'a-token-of-these-tests';
const idOf = (deliveryId: string) => workflowId({ sdkAppId: FREE_PORTS.SDK_APP_ID ?? '', deliveryId });

/** `unfriend start` with keys, whose cache is down: a delivery waits for a person, another one for its next try. */
class EncryptedService {
  readonly #folder = temporaryFolder();
  readonly #running: UnfriendProcess;
  readonly uiUrl: string;
  client: Client | undefined;

  constructor(uiPort: number, settings: ProcessSettings = {}) {
    this.uiUrl = `http://127.0.0.1:${uiPort}`;
    this.#running = new UnfriendProcess(['start'], {
      ...FREE_PORTS,
      LOCAL_TEMPORAL_UI_PORT: String(uiPort),
      DATA_DIR: this.#folder.path,
      PAYLOAD_KEYS: payloadKeysOf('k1'),
      CODEC_ORIGIN: this.uiUrl,
      INDEX_ACCOUNTS: 'off',
      CACHE_URL: 'redis://127.0.0.1:1',
      RETRY_FOR: '1s',
      FIRST_PASS: 'activities',
      ...settings,
    });
  }

  async deliver(requestId: string): Promise<string> {
    const { url } = await this.#running.log('taking callbacks');
    const { address } = await this.#running.log('local Temporal server');
    this.client ??= createClient({
      connectionOptions: { address: String(address) },
      namespace: 'default',
      configured: true,
      payloadKeys: keysOf('k1'),
    });
    assert.equal((await postSigned(String(url), { requestId, pairs: PAIRS })).status, 200);
    await this.#running.log('side effect parked, waits for a person');
    return idOf(requestId);
  }

  async codecServer(): Promise<string> {
    const { url } = await this.#running.log('health, readiness and metrics');
    return `${url}/codec`;
  }

  async held(id: string): Promise<Buffer> {
    assert.ok(this.client);
    return heldBytes(this.client, id);
  }

  async stop(): Promise<void> {
    await this.client?.connection.close();
    this.#running.child.kill('SIGTERM');
    await this.#running.exit();
    this.#folder.remove();
  }
}

describe('the Temporal UI of `start`, in a browser, with PAYLOAD_KEYS and CODEC_ORIGIN', () => {
  let service: EncryptedService;
  let ui: TemporalUi;
  let id: string;
  before(async () => {
    service = new EncryptedService(await freePort());
    id = await service.deliver('ui-encrypted');
    ui = await TemporalUi.open(service.uiUrl);
  });
  after(async () => {
    await ui?.close();
    await service?.stop();
  });
  const inBrowser = (name: string, act: () => Promise<void>) => test(name, () => ui.pictured(act));

  inBrowser('summary and details are readable at once, and in Temporal they are not', async () => {
    await ui.openDelivery(id, 'user-metadata');
    assert.equal(await ui.summary(), 'Secret-From → Secret-To and 1 more pair');
    const [, caches] = await ui.detailsTable();
    assert.deepEqual(caches?.slice(0, 4), ['clearCaches', '0 of 2', '0', '2']);
    assert.ok(!(await service.held(id)).includes(SECRET));
  });

  inBrowser('activities are named after their pairs, and failures say what failed', async () => {
    await ui.openDelivery(id, 'timeline');
    await ui.page.getByText('clearCaches • Secret-From → Secret-To').first().waitFor();
    await ui.page.goto(ui.page.url().replace(/timeline$/, 'history'));
    await ui.page.getByText('Activity Task Failed').first().click();
    await ui.page
      .getByText(/ECONNREFUSED|no connection|127\.0\.0\.1:1/)
      .first()
      .waitFor();
  });

  inBrowser('a command from the form is encrypted, and its answer is readable', async () => {
    await ui.openDelivery(id, 'timeline');
    const form = await ui.fillUpdate('dismissFailed', { by: 'erin', reason: 'Secret-From has left' });
    await form.getByRole('button', { name: 'Submit' }).click();
    await ui.page.getByText('Update successful').first().waitFor();
    await until('the workflow to end', async () => {
      const described = await service.client?.workflow.getHandle(id).describe();
      return described?.status.name !== 'RUNNING';
    });
    assert.ok(!(await service.held(id)).includes(SECRET));
    await ui.openDelivery(id, 'user-metadata');
    const [, action] = await ui.detailsTable(1);
    assert.deepEqual(action?.slice(1), ['dismissFailed: 2', 'erin', 'Secret-From has left']);
  });
});

describe('the Temporal UI with CODEC_TOKEN, in a browser in which a person enters it', () => {
  let service: EncryptedService;
  let ui: TemporalUi;
  let id: string;
  before(async () => {
    service = new EncryptedService(await freePort(), { CODEC_TOKEN });
    id = await service.deliver('ui-token');
  });
  after(async () => {
    await ui?.close();
    await service?.stop();
  });

  test('given no token, then nothing is readable', async () => {
    const stranger = await TemporalUi.open(service.uiUrl);
    try {
      const refused = stranger.page.waitForResponse((response) => response.url().includes('/codec/'));
      await stranger.openDelivery(id, 'timeline');
      assert.equal((await refused).status(), 401);
      await stranger.page.getByText('clearCaches').first().waitFor();
      assert.doesNotMatch(await stranger.page.content(), /Secret-/);
    } finally {
      await stranger.close();
    }
  });

  test('given the token, and cross-origin credentials included, then the summary is readable', async () => {
    ui = await TemporalUi.open(service.uiUrl, {
      viewport: { width: 1610, height: 1150 },
      httpCredentials: { username: 'anybody', password: CODEC_TOKEN },
    });
    await ui.pictured(async () => {
      await ui.useCodecServer(await service.codecServer());
      await ui.openDelivery(id, 'user-metadata');
      assert.equal(await ui.summary(), 'Secret-From → Secret-To and 1 more pair');
    });
  });
});
