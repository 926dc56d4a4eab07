import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { Authority } from '../../support/inputs/certificates.ts';
import {
  FREE_PORTS,
  type ProcessSettings,
  runUnfriend,
  UnfriendProcess,
} from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { TemporalProxy } from '../../support/servers/temporal-proxy.ts';
import { startTlsFront } from '../../support/servers/tls-front.ts';
import { until } from '../../support/until.ts';

const PATIENCE_MS = 60_000;
const API_KEY = 'a-key-of-these-tests';

type Finding = { component: string; state: string; message: string };
type Components = Record<string, { ready: boolean; state: string }>;

const folder = temporaryFolder();
const authorityIn = (name: string) => {
  mkdirSync(join(folder.path, name));
  return new Authority(join(folder.path, name));
};
const authority = authorityIn('authority');
const stranger = authorityIn('stranger');
const server = authority.sign('localhost');
const client = authority.sign('client');
const expired = authority.sign('client', -1);
const foreign = stranger.sign('client');

let temporal: TestTemporal;
let proxy: TemporalProxy;
/** A front that wants client certificates, one that wants none, one whose certificate has expired, and the server itself. */
const fronts: Record<string, { port: number; stop(): void }> = {};
before(async () => {
  temporal = await startTestTemporal();
  proxy = await TemporalProxy.start(String(temporal.settings.connectionOptions.address));
  const to = Number(proxy.address.split(':')[1]);
  const front = { port: 0, to, certificate: server };
  fronts.mutual = await startTlsFront({ ...front, clientCa: authority.ca });
  fronts.plain = await startTlsFront(front);
  fronts.expired = await startTlsFront({ ...front, certificate: authority.sign('localhost', -1) });
});
const running: UnfriendProcess[] = [];
afterEach(async () => {
  proxy.apiKey = undefined;
  proxy.refusals.clear();
  await Promise.all(running.splice(0).map((process) => process.kill()));
});
after(async () => {
  for (const front of Object.values(fronts)) front.stop();
  await proxy.stop();
  await temporal.stop();
  folder.remove();
});

const at = (name: string, more: ProcessSettings = {}): ProcessSettings => ({
  ...FREE_PORTS,
  DATA_DIR: join(folder.path, 'data'),
  NOTIFY_URL: 'off',
  TEMPORAL_ADDRESS: `localhost:${fronts[name]?.port}`,
  TEMPORAL_NAMESPACE: temporal.settings.namespace,
  ...more,
});
const CA = { TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority.caFile };
const pairOf = ({ certFile, keyFile }: { certFile: string; keyFile: string }) => ({
  TEMPORAL_TLS_CLIENT_CERT_PATH: certFile,
  TEMPORAL_TLS_CLIENT_KEY_PATH: keyFile,
});

async function checkOf(settings: ProcessSettings): Promise<Finding> {
  const { stdout, stderr } = await runUnfriend(['check', 'work', '--json'], settings);
  const { findings } = JSON.parse(stdout) as { findings: Finding[] };
  const found = findings.find(({ component }) => component === 'Temporal' || component === 'settings');
  return findings.find(({ component }) => component === 'Temporal') ?? found ?? assert.fail(stderr);
}

async function start(command: 'serve' | 'work', settings: ProcessSettings) {
  const process = new UnfriendProcess([command], settings);
  running.push(process);
  const { url: ops } = await process.log('health, readiness and metrics', PATIENCE_MS);
  const components = async () =>
    ((await (await fetch(`${ops}/readyz`)).json()) as { components: Components }).components;
  return { process, components };
}

describe('Temporal behind TLS', { concurrency: false }, () => {
  const right: [what: string, front: string, settings: ProcessSettings][] = [
    ['a client certificate', 'mutual', { ...CA, ...pairOf(client) }],
    ['an API key', 'plain', { ...CA, TEMPORAL_API_KEY: API_KEY }],
  ];
  for (const [what, front, own] of right) {
    test(`given ${what}, then check finds no fault, and serve and work do a delivery`, async () => {
      if (own.TEMPORAL_API_KEY) proxy.apiKey = API_KEY;
      const settings = at(front, { ...own, TASK_QUEUE: front });
      const checked = await checkOf(settings);
      assert.equal(checked.state, 'ok', checked.message);
      const receiver = await start('serve', { ...settings, DATA_DIR: join(folder.path, front) });
      const { process } = await start('work', settings);
      const { url } = await receiver.process.log('taking callbacks');
      assert.equal((await postSigned(String(url), { requestId: `over-${front}` })).status, 200);
      await process.log('delivery done', PATIENCE_MS);
    });
  }

  const wrong: [what: string, front: string, settings: ProcessSettings, advice: RegExp][] = [
    ['no CA', 'mutual', pairOf(client), /set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of the CA/],
    [
      'another CA',
      'mutual',
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: stranger.caFile, ...pairOf(client) },
      /set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of the CA/,
    ],
    [
      'no client certificate',
      'mutual',
      CA,
      /wants a client certificate: set TEMPORAL_TLS_CLIENT_CERT_PATH and/,
    ],
    [
      'a client certificate that has expired',
      'mutual',
      { ...CA, ...pairOf(expired) },
      /TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.* expired/,
    ],
    [
      'a client certificate of another CA',
      'mutual',
      { ...CA, ...pairOf(foreign) },
      /TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH.* trusts/,
    ],
    [
      'a certificate of the server that has expired',
      'expired',
      CA,
      /the server's certificate is not valid at this time: renew it/,
    ],
    [
      'another server name',
      'plain',
      { ...CA, TEMPORAL_TLS_SERVER_NAME: 'elsewhere.example' },
      /for another name: set TEMPORAL_ADDRESS .*TEMPORAL_TLS_SERVER_NAME/,
    ],
    ['no TLS', 'plain', {}, /if it wants TLS, set TEMPORAL_TLS=true/],
    [
      'a wrong API key',
      'plain',
      { ...CA, TEMPORAL_API_KEY: 'wrong' },
      /does not accept the credentials: check TEMPORAL_API_KEY/,
    ],
  ];
  for (const [what, front, own, advice] of wrong) {
    // All commands have the words from one place: for one fault it is shown that they say them.
    const commands = what === 'no client certificate' ? (['serve', 'work'] as const) : [];
    test(`given ${what}, then ${['check', ...commands].join(', ')} says what to do`, async () => {
      if (own.TEMPORAL_API_KEY) proxy.apiKey = API_KEY;
      const settings = at(front, own);
      const checked = await checkOf(settings);
      assert.equal(checked.state, 'fault');
      assert.match(checked.message, advice);
      if (commands.length === 0) return;
      for (const command of commands) {
        const { components } = await start(command, settings);
        const says = async () => advice.test((await components()).temporal?.state ?? '');
        await until(`${command} to say it`, says, PATIENCE_MS);
      }
      const { code, stderr } = await runUnfriend(['setup'], settings);
      assert.equal(code, 1);
      assert.match(stderr, advice);
    });
  }

  test('given TLS settings for a server without TLS, then check says that it speaks none', async () => {
    const { message } = await checkOf({ ...at('plain', CA), TEMPORAL_ADDRESS: proxy.address });
    assert.match(message, /the server speaks no TLS there: check the port/);
  });

  test('given a certificate file that is not there, then the fault names its setting', async () => {
    const { message } = await checkOf(
      at('mutual', { ...CA, ...pairOf(client), TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere.pem' }),
    );
    assert.match(message, /TEMPORAL_TLS_CLIENT_CERT_PATH/);
  });

  test('given a certificate and a key that do not belong together, then check says so', async () => {
    const { message } = await checkOf(
      at('mutual', { ...CA, ...pairOf(client), TEMPORAL_TLS_CLIENT_KEY_PATH: foreign.keyFile }),
    );
    assert.match(message, /TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH/);
  });
});
