/** Keeps the promise of PAYLOAD_KEYS: whoever sees the disk, the logs, the metrics or the traces finds no account. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { composeCallback } from '../../../src/callback/compose-request.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { payloadKeysOf } from '../../support/inputs/payload-keys.ts';
import { searchFiles } from '../../support/inputs/search-files.ts';
import { TestCollector } from '../../support/servers/collector.ts';
import {
  FREE_PORTS,
  type ProcessSettings,
  runUnfriend,
  UnfriendProcess,
} from '../../support/servers/process.ts';
import { temporalCli, temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

/** Made up so that it can't stand anywhere by chance. */
const PAIRS = [
  { from: 'Secret-From', to: 'Secret-To' },
  { from: 'Secret-From', to: 'Secret-Other' },
];
const SECRET = 'Secret-';
const NAMES = ['Secret-From', 'Secret-To', 'Secret-Other'];
const PARKED = 'side effect parked, waits for a person';
const CODEC_TOKEN = 'a-token-of-these-tests';
const ID = `friend-deleted/${FREE_PORTS.SDK_APP_ID}/secret-parked`;

const collector = await TestCollector.start();
after(() => collector.stop());

/** The values in a history that the CLI printed as JSON: it prints them as base64. */
function valuesIn(history: string): string {
  const values = history.matchAll(/"data": "([^"]*)"/g);
  return [...values].map(([, value]) => Buffer.from(value ?? '', 'base64').toString()).join('\n');
}

/** A callback that is signed, and whose schema is broken: the quarantine keeps its body. */
async function postBroken(url: string): Promise<void> {
  const { SDK_APP_ID: sdkAppId = '', CALLBACK_TOKEN: token = '' } = FREE_PORTS;
  const { query, body } = composeCallback({ sdkAppId, token, pairs: PAIRS, now: Date.now() });
  const broken = body.replaceAll('To_Account', 'To_Nobody');
  const { status } = await fetch(`${url}?${query}`, { method: 'POST', body: broken });
  assert.equal(status, 400);
}

/** What one run of `start` leaves behind: a delivery that waits, one that was dismissed, and a body in the quarantine. */
class Left {
  readonly folder = temporaryFolder();
  readonly settings: ProcessSettings;
  metrics = '';
  pages = '';
  running: UnfriendProcess;
  ops = '';
  temporal: ProcessSettings = {};

  constructor(settings: ProcessSettings) {
    this.settings = {
      ...FREE_PORTS,
      DATA_DIR: this.folder.path,
      CACHE_URL: 'redis://127.0.0.1:1',
      RETRY_FOR: '1s',
      LOG_LEVEL: 'debug',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      ...settings,
    };
    this.running = new UnfriendProcess(['start'], this.settings);
  }

  async begin(): Promise<void> {
    const { address } = await this.running.log('local Temporal server');
    const { url } = await this.running.log('taking callbacks');
    this.ops = String((await this.running.log('health, readiness and metrics')).url);
    this.temporal = { ...this.settings, TEMPORAL_ADDRESS: String(address) };
    // Before that, deliveries do not go through the journal.
    const readMetrics = async () => (await fetch(`${this.ops}/metrics`)).text();
    await until('an open journal', async () => /^unfriend_journal_available 1$/m.test(await readMetrics()));
    await until('readiness', async () => (await fetch(`${this.ops}/readyz`)).ok);
    for (const requestId of ['secret-parked', 'secret-dismissed'])
      assert.equal((await postSigned(String(url), { requestId, pairs: PAIRS })).status, 200);
    await postBroken(String(url));
    for (const deliveryId of ['secret-parked', 'secret-dismissed'])
      await until(
        `${deliveryId} to be parked`,
        () => this.running.logs().some((line) => line.deliveryId === deliveryId && line.msg === PARKED),
        60_000,
      );
    const dismissed = await this.unfriend('dismiss', 'secret-dismissed', '--reason', 'Secret-From has left');
    assert.equal(dismissed.code, 0, dismissed.stderr);
    this.metrics = await readMetrics();
    for (const path of ['/', '/readyz', '/deliveries/secret-parked'])
      this.pages += await (await fetch(this.ops + path)).text();
  }

  unfriend(...args: string[]) {
    return runUnfriend(args, this.temporal);
  }

  async stop(): Promise<void> {
    this.running.child.kill('SIGTERM');
    await this.running.exit();
  }

  /** In which files of the data folder which account stands, as text or in base64. */
  inFiles(): string[] {
    return searchFiles(this.folder.path, NAMES);
  }
}

describe('with PAYLOAD_KEYS', () => {
  let left: Left;
  before(async () => {
    const PAYLOAD_KEYS = payloadKeysOf('k1');
    left = new Left({ PAYLOAD_KEYS, CODEC_TOKEN });
    await left.begin();
  });
  after(async () => {
    await left?.running.kill();
    left?.folder.remove();
  });

  test('the commands show the accounts, and find looks for them', async () => {
    const status = await left.unfriend('status', 'secret-parked', '--json');
    assert.match(status.stdout, /Secret-From/);
    const found = await left.unfriend('find', 'Secret-Other');
    for (const deliveryId of ['secret-parked', 'secret-dismissed'])
      assert.match(found.stdout, new RegExp(deliveryId), found.stderr);
    const quarantine = await left.unfriend('journal', 'quarantine');
    assert.match(quarantine.stdout, /raw/);
  });

  test('Temporal’s CLI shows them by the codec server', async () => {
    const codec = ['--codec-endpoint', `${left.ops}/codec`];
    const show = (...more: string[]) =>
      promisify(execFile)(temporalCli(), [
        ...['workflow', 'show', '--workflow-id', ID, '--output', 'json'],
        ...['--address', left.temporal.TEMPORAL_ADDRESS ?? '', ...more],
      ]);
    const readable = valuesIn((await show(...codec, '--codec-auth', `Bearer ${CODEC_TOKEN}`)).stdout);
    assert.match(readable, /Secret-From → Secret-To and 1 more pair/);
    assert.match(readable, /connecting to 127\.0\.0\.1:1: ECONNREFUSED/);
    const encrypted = (await show()).stdout;
    assert.match(encrypted, /"encryption-key-id"/);
    assert.doesNotMatch(valuesIn(encrypted), /Secret-|ECONNREFUSED/);
  });

  test('neither a log line, nor the metrics, nor a page, nor a trace names an account', async () => {
    await until('traces', () => collector.received.includes('secret-parked'));
    assert.match(left.metrics, /^unfriend_side_effect_pairs_total/m);
    assert.ok(left.running.stderr.includes('secret-parked') && left.pages.includes('secret-parked'));
    for (const [what, text] of Object.entries({
      log: left.running.stderr,
      metrics: left.metrics,
      pages: left.pages,
      traces: collector.received,
    })) {
      assert.ok(!text.includes(SECRET), what);
    }
  });

  test('no file of its data folder names one: neither Temporal’s database nor the journal', async () => {
    await left.stop();
    assert.deepEqual(left.inFiles(), []);
  });

  test('after a restart, what was parked goes on', async () => {
    left.running = new UnfriendProcess(['start'], { ...left.settings, CACHE_URL: 'embedded' });
    const { address } = await left.running.log('local Temporal server');
    left.temporal = { ...left.settings, TEMPORAL_ADDRESS: String(address) };
    await left.running.log('taking callbacks');
    const retried = await left.unfriend('retry', 'secret-parked');
    assert.equal(retried.code, 0, retried.stdout + retried.stderr);
    await until('it to be done', async () =>
      /Done/.test((await left.unfriend('status', 'secret-parked')).stdout),
    );
    await left.stop();
    assert.deepEqual(left.inFiles(), []);
  });
});

test('without PAYLOAD_KEYS, this search finds the accounts', async () => {
  const left = new Left({});
  try {
    await left.begin();
    await left.stop();
    const found = left.inFiles();
    for (const name of NAMES)
      for (const file of ['temporal.db', 'data.mdb'])
        assert.ok(found.includes(`${name} in ${file}`), found.join());
  } finally {
    await left.running.kill();
    left.folder.remove();
  }
});
