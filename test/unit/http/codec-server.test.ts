import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import Koa from 'koa';
import type { PayloadKey } from '../../../src/encryption/payload-keys.ts';
import { type CodecServerOptions, codecServer } from '../../../src/http/codec-server.ts';
import { type HttpServer, listen } from '../../../src/http/server.ts';

const UI = 'https://temporal.example.com';
const TOKEN = 'a-token-of-these-tests';
const keys: PayloadKey[] = [{ id: 'k1', secret: randomBytes(32) }];
const base64 = (text: string) => Buffer.from(text).toString('base64');
const PLAIN = { metadata: { encoding: base64('json/plain') }, data: base64('"alice"') };

type Payloads = { payloads: { metadata: Record<string, string>; data: string }[]; error?: string };

const servers: HttpServer[] = [];
async function serve(options: Partial<CodecServerOptions> = {}): Promise<string> {
  const app = new Koa();
  app.use(codecServer({ keys, origins: [UI], token: TOKEN, ...options }));
  const server = await listen(app.callback(), { host: '127.0.0.1', port: 0, setting: 'OPS_PORT' });
  servers.push(server);
  return server.url;
}
after(() => Promise.all(servers.map((server) => server.close())));

async function post(url: string, payloads: unknown, headers: Record<string, string> = {}) {
  const answer = await fetch(url, {
    method: 'POST',
    body: typeof payloads === 'string' ? payloads : JSON.stringify({ payloads }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
  });
  const text = await answer.text();
  const document = (text.startsWith('{') ? JSON.parse(text) : { payloads: [] }) as Payloads;
  return { status: answer.status, headers: answer.headers, document };
}

describe('the codec server', () => {
  let url: string;
  before(async () => {
    url = await serve();
  });
  const post_ = (path: string, payloads: unknown, headers?: Record<string, string>) =>
    post(`${url}${path}`, payloads, headers);

  test('encrypts and decrypts, with and without a namespace in the path', async () => {
    for (const path of ['/codec', '/codec/default', '/codec/name.space-1']) {
      const encrypted = await post_(`${path}/encode`, [PLAIN, PLAIN]);
      assert.equal(encrypted.status, 200);
      const [first] = encrypted.document.payloads;
      assert.equal(first?.metadata.encoding, base64('binary/encrypted'));
      assert.equal(first?.metadata['encryption-key-id'], base64('k1'));
      const decrypted = await post_(`${path}/decode`, encrypted.document.payloads);
      assert.deepEqual(decrypted.document, { payloads: [PLAIN, PLAIN] });
    }
  });

  test('gives back what is not encrypted, and answers nothing with nothing', async () => {
    assert.deepEqual((await post_('/codec/decode', [PLAIN])).document, { payloads: [PLAIN] });
    assert.deepEqual((await post_('/codec/decode', [{}])).document, {
      payloads: [{ metadata: {}, data: '' }],
    });
    assert.deepEqual((await post_('/codec/decode', '{}')).document, { payloads: [] });
  });

  test('knows no other path, and no other method', async () => {
    for (const path of ['/codec', '/codec/decode/more', '/codec/a/b/decode', '/decode', '/codecs/decode'])
      assert.equal((await post_(path, [PLAIN])).status, 404, path);
    const got = await fetch(`${url}/codec/decode`);
    assert.deepEqual([got.status, got.headers.get('allow')], [405, 'POST, OPTIONS']);
  });

  test('wants its token: as a bearer token, or as the password that a browser asks a person for', async () => {
    const asPassword = (password: string) => ({ authorization: `Basic ${base64(`anybody:${password}`)}` });
    for (const headers of [{}, { authorization: `bearer ${TOKEN}` }, asPassword(TOKEN)])
      assert.equal((await post_('/codec/decode', [PLAIN], headers)).status, 200);
    const wrong = ['', 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`, TOKEN, `Token ${TOKEN}`];
    for (const headers of [...wrong.map((authorization) => ({ authorization })), asPassword('guess')]) {
      const answer = await post_('/codec/decode', [PLAIN], headers);
      assert.equal(answer.status, 401, JSON.stringify(headers));
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Basic realm=/);
      assert.deepEqual(answer.document.payloads, undefined);
    }
  });

  test('lets the pages of its origins call it, and no other page', async () => {
    const preflight = (origin: string) =>
      fetch(`${url}/codec/decode`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization,content-type,x-namespace',
        },
      });
    const allowed = await preflight(UI);
    assert.equal(allowed.status, 204);
    const header = (name: string) => allowed.headers.get(`access-control-allow-${name}`);
    assert.deepEqual(
      [header('origin'), header('methods'), header('headers'), header('credentials')],
      [UI, 'POST', 'authorization, content-type, x-namespace', 'true'],
    );
    assert.equal((await post_('/codec/decode', [PLAIN], { origin: UI })).status, 200);
    for (const origin of ['https://evil.example.com', 'null', `${UI}.evil.com`, UI.toUpperCase()]) {
      assert.equal((await preflight(origin)).status, 403);
      const answer = await post_('/codec/decode', [PLAIN], { origin });
      assert.equal(answer.status, 403);
      assert.equal(answer.headers.get('access-control-allow-origin'), null);
    }
  });

  test('tells a page of its origins why it was refused', async () => {
    const answer = await post_('/codec/decode', [PLAIN], { origin: UI, authorization: '' });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers.get('access-control-allow-origin'), UI);
  });

  test('names the key that it lacks, and says that something was changed', async () => {
    const other = await serve({ keys: [{ id: 'k2', secret: randomBytes(32) }] });
    const { document } = await post_('/codec/encode', [PLAIN]);
    const lacking = await post(`${other}/codec/decode`, document.payloads);
    assert.deepEqual(
      [lacking.status, lacking.document],
      [400, { error: 'encrypted with the key k1, which PAYLOAD_KEYS lacks' }],
    );
    const [payload] = document.payloads;
    const changed = Buffer.from(payload?.data ?? '', 'base64');
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    const damaged = await post_('/codec/decode', [{ ...payload, data: changed.toString('base64') }]);
    assert.deepEqual(
      [damaged.status, damaged.document],
      [400, { error: 'damaged, or encrypted with another key of the id k1' }],
    );
  });

  test('says where a body is wrong, and repeats nothing of it', async () => {
    const bodies: [body: string, where: RegExp][] = [
      ['no json', /^expected /],
      ['[]', /^expected /],
      ['{"payloads": "secret-name"}', /^payloads: /],
      ['{"payloads": [{"data": "secret-name!"}]}', /^payloads\.0\.data: /],
      ['{"payloads": [{"metadata": {"encoding": 5}}]}', /^payloads\.0\.metadata\.encoding: /],
    ];
    for (const [body, where] of bodies) {
      const { status, document } = await post_('/codec/decode', body);
      assert.equal(status, 400, body);
      assert.match(document.error ?? '', where);
      assert.doesNotMatch(document.error ?? '', /secret-name/);
    }
  });

  test('takes a page of a history, and refuses a body that is larger', async () => {
    const page = [{ ...PLAIN, data: randomBytes(4_000_000).toString('base64') }];
    const encrypted = await post_('/codec/encode', page);
    assert.equal(encrypted.status, 200);
    assert.deepEqual((await post_('/codec/decode', encrypted.document.payloads)).document.payloads, page);
    assert.equal((await post_('/codec/encode', 'x'.repeat(8 * 1024 * 1024 + 1))).status, 413);
  });

  test('without a token it answers whoever reaches it', async () => {
    const open = await serve({ token: undefined });
    assert.equal((await post(`${open}/codec/decode`, [PLAIN], { authorization: '' })).status, 200);
  });
});
