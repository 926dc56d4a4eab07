import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { composeCallback, samplePairs } from '../../../src/callback/compose-request.ts';
import { SECRETS } from '../../../src/config/secrets.ts';
import { KeyRing } from '../../../src/encryption/key-ring.ts';
import { parsePayloadKeys } from '../../../src/encryption/payload-keys.ts';
import { createClient } from '../../../src/temporal/connect.ts';
import {
  assertNoSecret,
  MARKED_TOKEN,
  MARKER,
  secretsInEnvironment,
  secretsInFiles,
} from '../../support/inputs/marked-secrets.ts';
import { TestCollector } from '../../support/servers/collector.ts';
import {
  FREE_PORTS,
  type ProcessSettings,
  runUnfriend,
  UnfriendProcess,
} from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const { SDK_APP_ID: sdkAppId = '' } = FREE_PORTS;
const KEYS = parsePayloadKeys(secretsInEnvironment().PAYLOAD_KEYS ?? '');

/** Commands whose output is searched. Each is run with `--json` beside its Temporal, and without both. */
const COMMANDS = [
  'failed',
  'check start',
  'check serve',
  'check work',
  'journal list',
  'journal quarantine',
  'setup',
  'retry --all --yes --dry-run',
  'status nobody',
];

for (const [where, secrets, commands] of [
  ['in the environment', secretsInEnvironment, COMMANDS],
  ['in files', secretsInFiles, ['failed', 'check start']],
] as const) {
  describe(`given a marker in every secret, ${where}, then it is not`, () => {
    const folder = temporaryFolder();
    let settings: ProcessSettings;
    let collector: TestCollector;
    let running: UnfriendProcess;
    let ops: string;
    let address: string;

    before(async () => {
      collector = await TestCollector.start();
      settings = {
        ...FREE_PORTS,
        ...secrets(folder.path),
        DATA_DIR: folder.path,
        LOG_LEVEL: 'debug',
        NOTIFY_ALLOW_PRIVATE: 'on',
        TENCENT_DOMAIN: 'http://127.0.0.1:1',
        RETRY_FOR: '1s',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_EXPORTER_OTLP_HEADERS: `authorization=${MARKER}`,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      };
      running = new UnfriendProcess(['start'], settings);
      address = String((await running.log('local Temporal server')).address);
      // With an API key, Temporal's own library uses TLS unless it is told otherwise.
      settings = { ...settings, TEMPORAL_ADDRESS: address, TEMPORAL_TLS: 'false' };
      ops = String((await running.log('health, readiness and metrics')).url);
      await until('readiness', async () => (await fetch(`${ops}/readyz`)).ok);
      await sendEverything(String((await running.log('taking callbacks')).url));
      // Each look at the list takes a process.
      await running.log('side effect parked, waits for a person');
      await until('a delivery that needs a person', async () => {
        const { stdout, stderr } = await runUnfriend(['failed', '--json'], settings);
        assert.notEqual(stdout, '', stderr);
        return (JSON.parse(stdout) as { open: number }).open === 1;
      });
    });
    after(async () => {
      running.child.kill('SIGINT');
      await running.exit();
      await collector.stop();
      folder.remove();
    });

    test('in the output and the arguments of the service and of its children', () => {
      assertNoSecret({ stderr: running.stderr, arguments: argumentsOf(Number(running.child.pid)) });
      assert.match(running.stderr, /ECONNREFUSED/);
      assert.equal(running.stdout.includes(MARKER), false);
    });

    test('on its pages and in its traces', async () => {
      const page = async (path: string) => (await fetch(`${ops}${path}`)).text();
      await until('traces', () => collector.received.includes('start workflow'));
      assertNoSecret({
        readyz: await page('/readyz'),
        metrics: await page('/metrics'),
        traces: collector.received,
      });
    });

    test('in the histories and memos of its workflows', async () => {
      const client = createClient({
        connectionOptions: { address },
        namespace: 'default',
        configured: true,
        payloadKeys: KEYS,
      });
      const ring = new KeyRing(KEYS);
      let decrypted = 0;
      const read = (bytes: Uint8Array): string => {
        try {
          const plain = ring.open(bytes, 'temporal').toString();
          decrypted += 1;
          return plain;
        } catch {
          return Buffer.from(bytes).toString();
        }
      };
      for await (const { workflowId, memo } of client.workflow.list()) {
        const history = await client.workflow.getHandle(workflowId).fetchHistory();
        // Its own form of JSON has bytes in base64.
        const decoded = JSON.stringify(history, (key, value) =>
          key === 'data' && typeof value === 'string' ? read(Buffer.from(value, 'base64')) : value,
        );
        assertNoSecret({ history: decoded, memo: JSON.stringify(memo ?? {}) });
      }
      await client.connection.close();
      assert.ok(decrypted > 0, 'nothing of it could be read');
    });

    for (const command of commands) {
      test(`in what ${command} prints, also without Temporal`, async () => {
        for (const [more, form] of [
          [{}, ['--json']],
          [{ TEMPORAL_ADDRESS: '127.0.0.1:1' }, []],
        ] as const) {
          const args = [...command.split(' '), ...form];
          const { stdout, stderr } = await runUnfriend(args, { ...settings, ...more });
          assertNoSecret({ [args.join(' ')]: `${stdout}${stderr}` || 'nothing' });
        }
      });
    }
  });
}

describe('given a secret whose value is refused, then the value is not', () => {
  test('in the faults of any command', async () => {
    const wrong = SECRETS.filter((name) => name !== 'TEMPORAL_API_KEY').map((name) => [
      name,
      `${MARKER} \u0007é`,
    ]);
    const settings = { ...FREE_PORTS, ...Object.fromEntries(wrong) };
    for (const command of [
      'start',
      'serve',
      'work',
      'demo',
      'check start',
      'check work --json',
      'failed --json',
    ]) {
      const { code, stdout, stderr } = await runUnfriend(command.split(' '), settings);
      assert.notEqual(code, 0);
      assertNoSecret({ [command]: `${stdout}${stderr}` });
      assert.match(`${stdout}${stderr}`, /CALLBACK_TOKEN: expected/);
    }
  });
});

/** A delivery whose side effects all fail, a callback that is passed through, and refusals of several kinds. */
async function sendEverything(url: string): Promise<void> {
  const { query, body } = composeCallback({
    sdkAppId,
    token: MARKED_TOKEN,
    pairs: samplePairs(),
    now: Date.now(),
  });
  const post = async (search: URLSearchParams, text: string, path = '') => {
    const response = await fetch(`${url}${path}?${search}`, { method: 'POST', body: text });
    return response.status;
  };
  assert.equal(await post(query, body), 200);
  const other = new URLSearchParams(query);
  other.set('CallbackCommand', 'State.StateChange');
  assert.equal(await post(other, '{"CallbackCommand":"State.StateChange"}'), 504);
  assert.equal(await post(query, '{"PairList":[]}'), 400);
  assert.equal(await post(query, body, `nowhere/${query}`), 404);
  query.set('Sign', '0'.repeat(64));
  assert.equal(await post(query, body), 401);
}

/** The arguments of a process and of all that it started. */
function argumentsOf(pid: number): string {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => [Number(name), parentOf(name)] as const);
  const family = new Set([pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const [child, parent] of parents) if (family.has(parent)) family.add(child);
  }
  assert.ok(family.size >= 2, 'the local Temporal server is a child of the service');
  return [...family].map((each) => readFileSync(`/proc/${each}/cmdline`, 'utf8')).join('\n');
}

function parentOf(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return Number.NaN;
  }
}
