import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endToEndHeaders } from '../../../src/http/end-to-end-headers.ts';

const FROM = '192.0.2.7';

test('headers of the request go on as they came', () => {
  const sent = {
    'content-type': 'application/json; charset=utf-8',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'user-agent': 'im-callback',
    'x-own': 'ü "quoted", twice',
  };
  assert.deepEqual(endToEndHeaders(sent, FROM), { ...sent, 'x-forwarded-for': FROM });
});

test('headers about one connection do not go on, nor those that Connection names', () => {
  const dropped = {
    connection: 'keep-alive, X-Hop , te',
    'keep-alive': 'timeout=5',
    'proxy-authenticate': 'Basic',
    'proxy-authorization': 'Basic x',
    'proxy-connection': 'keep-alive',
    te: 'trailers',
    trailer: 'x',
    'transfer-encoding': 'chunked',
    upgrade: 'h2c',
    'x-hop': '1',
    host: 'unfriend.example',
    'content-length': '12',
    expect: '100-continue',
    'accept-encoding': 'gzip',
  };
  const kept = endToEndHeaders({ ...dropped, accept: '*/*' }, FROM);
  assert.deepEqual(kept, { accept: '*/*', 'x-forwarded-for': FROM });
});

for (const [what, earlier, address, expected] of [
  ['of a client alone', undefined, FROM, FROM],
  ['behind proxies', '198.51.100.1, 203.0.113.9', FROM, `198.51.100.1, 203.0.113.9, ${FROM}`],
  ['of IPv4 on an IPv6 socket', undefined, `::ffff:${FROM}`, FROM],
  ['of IPv6', '2001:db8::1', '::1', '2001:db8::1, ::1'],
  ['of a connection that is gone', '198.51.100.1', undefined, '198.51.100.1'],
] as const) {
  test(`the address ${what} is appended to x-forwarded-for`, () => {
    const headers = earlier === undefined ? {} : { 'x-forwarded-for': earlier };
    assert.equal(endToEndHeaders(headers, address)['x-forwarded-for'], expected);
  });
}

test('without any address there is no x-forwarded-for', () => {
  assert.deepEqual(endToEndHeaders({}, undefined), {});
});
