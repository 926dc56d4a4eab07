import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createReceiverApp } from '../../../src/http/app.ts';
import { Connections } from '../../../src/http/connections.ts';
import { type HttpServer, listen } from '../../../src/http/server.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

const neverAsked = () => assert.fail('no callback was sent');

let server: HttpServer;
before(async () => {
  const app = createReceiverApp({
    ...{ path: '/Tencent/7f3a', isDraining: () => false, maxBody: 1_000 },
    judge: { sdkAppId: '1400000000', tokens: [], ignorePlatforms: [] },
    intake: { accept: neverAsked, keepRefused: neverAsked },
    ...{ logger: createLogger('silent'), metrics: createMetrics() },
    connections: new Connections({ limit: 100 }),
  });
  server = await listen(app.callback(), { host: '127.0.0.1', port: 0, setting: 'PORT' });
});
after(() => server.close());

/** 405 where callbacks are taken: a GET is none. */
const STATUS: [path: string, status: number][] = [
  ['/Tencent/7f3a', 405],
  ['/Tencent/7f3a?SdkAppid=1400000000', 405],
  ['/Tencent/7f3a/', 405],
  ['/Tencent/7f3a//', 404],
  ['/tencent/7f3a', 404],
  ['/Tencent/7f3', 404],
  ['/Tencent/7f3a/more', 404],
  ['/', 404],
];

for (const [path, status] of STATUS) {
  test(`given CALLBACK_PATH=/Tencent/7f3a, then ${path} is ${status === 405 ? 'that path' : 'unknown'}`, async () => {
    assert.equal((await fetch(server.url + path)).status, status);
  });
}
