import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, test } from 'node:test';
import { isSigned } from '../../../src/callback/signature.ts';
import { checkAll } from '../../../src/cli/check/check-all.ts';
import type { Finding } from '../../../src/cli/check/finding.ts';
import { createReceiverApp } from '../../../src/http/app.ts';
import { Connections } from '../../../src/http/connections.ts';
import { type HttpServer, listen } from '../../../src/http/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { EMBEDDED } from '../../support/inputs/embedded.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const SDK_APP_ID = '1400000000';
const TOKEN = 'a-token-of-these-tests';

/** What came to the endpoint. */
type Probe = { method: string | undefined; query: URLSearchParams; body: string };

const folder = temporaryFolder();
const probes: Probe[] = [];
let endpoint: Server;
let url = '';

before(async () => {
  endpoint = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { searchParams: query } = new URL(request.url ?? '', 'http://endpoint');
    probes.push({ method: request.method, query, body });
    response.end('{"ActionStatus":"OK","ErrorCode":0,"ErrorInfo":""}');
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}/callback?key=of-the-endpoint`;
});
after(() => {
  endpoint.closeAllConnections();
  endpoint.close();
  folder.remove();
});
beforeEach(() => {
  probes.length = 0;
});

async function checkFor(command: 'serve' | 'work' | 'start', more: Record<string, string>) {
  const environment = { ...EMBEDDED, SDK_APP_ID, CALLBACK_TOKEN: TOKEN, DATA_DIR: folder.path, ...more };
  const findings = await checkAll({ environment, exitCode: 0 }, command);
  const of = (component: string) => findings.filter((finding) => finding.component === component);
  return { findings, relay: of('RELAY_URL'), token: of('callback token') };
}

const messagesOf = (findings: Finding[]) => findings.map(({ message }) => message).join('\n');

describe('unfriend check, with RELAY_URL', () => {
  for (const command of ['serve', 'work', 'start'] as const) {
    test(`given check ${command}, then the endpoint gets one signed request without a body`, async () => {
      const { relay } = await checkFor(command, { RELAY_URL: url });
      assert.deepEqual(
        relay.map(({ state }) => state),
        ['ok'],
        messagesOf(relay),
      );
      const [probe, ...others] = probes;
      assert.ok(probe);
      assert.equal(others.length, 0);
      assert.deepEqual([probe.method, probe.body], ['POST', '']);
      assert.equal(probe.query.get('key'), 'of-the-endpoint');
      assert.equal(probe.query.get('SdkAppid'), SDK_APP_ID);
      const claim = { signature: probe.query.get('Sign'), requestTime: probe.query.get('RequestTime') };
      assert.ok(isSigned(claim, [TOKEN], Date.now()));
    });
  }

  test('given check serve, then no other backend is reached', async () => {
    const { findings } = await checkFor('serve', { RELAY_URL: url, CACHE_URL: 'redis://127.0.0.1:1' });
    const cache = findings.filter(({ component }) => component === 'CACHE_URL');
    assert.match(messagesOf(cache), /^set; run npx unfriend check work to reach it$/);
  });

  test('given an endpoint that is down, then check serve has a fault that names RELAY_URL and no part of its path', async () => {
    const { relay } = await checkFor('serve', { RELAY_URL: 'http://127.0.0.1:1/s3cr3t?key=s3cr3t' });
    assert.deepEqual(
      relay.map(({ state }) => state),
      ['fault'],
    );
    assert.match(messagesOf(relay), /127\.0\.0\.1:1: no answer \(ECONNREFUSED\); check RELAY_URL$/);
    assert.doesNotMatch(messagesOf(relay), /s3cr3t/);
  });

  test('without RELAY_URL there is no finding about it', async () => {
    const { relay } = await checkFor('serve', {});
    assert.deepEqual(relay, []);
  });

  test('given a worker without CALLBACK_TOKEN, then check work warns that it relays without Sign', async () => {
    const { token } = await checkFor('work', { RELAY_URL: url, CALLBACK_TOKEN: '' });
    assert.match(messagesOf(token), /^callbacks are relayed without Sign: .*; set CALLBACK_TOKEN/);
  });

  test('given a worker without CALLBACK_TOKEN that relays nothing, then check work does not ask for one', async () => {
    const { token } = await checkFor('work', { CALLBACK_TOKEN: '' });
    assert.deepEqual(token, []);
  });
});

describe('unfriend check, with a RELAY_URL that leads to Unfriend itself', () => {
  const neverAsked = () => assert.fail('it is no callback');
  let receiver: HttpServer;

  before(async () => {
    const app = createReceiverApp({
      path: '/',
      maxBody: 1_000,
      isDraining: () => false,
      judge: { sdkAppId: SDK_APP_ID, tokens: [TOKEN], ignorePlatforms: [] },
      intake: { accept: neverAsked, keepRefused: neverAsked },
      logger: createLogger('silent'),
      metrics: createMetrics(),
      connections: new Connections({ limit: 100 }),
    });
    receiver = await listen(app.callback(), { host: '127.0.0.1', port: 0, setting: 'PORT' });
  });
  after(() => receiver.close());

  test('check serve has a fault that says so', async () => {
    const { relay } = await checkFor('serve', { RELAY_URL: receiver.url });
    assert.deepEqual(
      relay.map(({ state }) => state),
      ['fault'],
    );
    assert.match(
      messagesOf(relay),
      /is Unfriend itself; set RELAY_URL to the URL of the app’s own endpoint$/,
    );
  });
});
