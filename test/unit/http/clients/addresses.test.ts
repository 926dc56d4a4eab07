import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AddressList, type AddressRange, parseRange } from '../../../../src/http/clients/addresses.ts';
import { clientAddress } from '../../../../src/http/clients/client-address.ts';

function listOf(...texts: string[]): AddressList {
  return new AddressList(texts.map((text) => parseRange(text) ?? assert.fail(text)) satisfies AddressRange[]);
}

describe('a list of addresses', () => {
  for (const [range, inside, outside] of [
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7', '::ffff:c000:207'], ['192.0.2.8', '::1']],
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255', '::ffff:10.1.2.3'], ['11.0.0.0', '9.255.255.255']],
    ['10.1.2.3/8', ['10.255.0.1'], ['11.1.2.3']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::', '2001:db8::1']],
    ['2001:db8::/32', ['2001:db8::1', '2001:DB8:ffff::'], ['2001:db9::', '32.1.13.184']],
    ['::/0', ['::1', '2001:db8::1'], ['192.0.2.7', '::ffff:192.0.2.7']],
    ['::ffff:10.0.0.0/104', ['10.9.9.9', '::ffff:10.9.9.9'], ['11.0.0.0']],
    ['fe80::/10', ['fe80::1%eth0', 'fe80::1'], ['fec0::1']],
  ] as const) {
    test(`${range} has ${inside.join(', ')} in it, and not ${outside.join(', ')}`, () => {
      const list = listOf(range);
      for (const address of inside) assert.equal(list.includes(address), true, address);
      for (const address of outside) assert.equal(list.includes(address), false, address);
    });
  }

  test('takes no form that programs read differently, and nothing that is no address', () => {
    for (const text of [
      ...['010.0.0.1', '10.1', '0x7f.1', '2130706433', '10.0.0.0/33', '2001:db8::/129', '10.0.0.0/', '/8'],
      ...[
        '10.0.0.0/8/8',
        '10.0.0.0/-1',
        '10.0.0.0/8 ',
        'localhost',
        'fe80::1%eth0',
        '*',
        '',
        '[::1]',
        '10.0.0.0-10.0.0.9',
      ],
    ]) {
      assert.equal(parseRange(text), undefined, text);
    }
  });

  test('never has in it what is no address', () => {
    const all = listOf('0.0.0.0/0', '::/0');
    for (const text of ['', 'unknown', '010.0.0.1', '1.2.3.4:80', '_hidden'])
      assert.equal(all.includes(text), false, text);
  });
});

describe('the address of a client', () => {
  const proxies = listOf('10.0.0.0/8', '2001:db8::/32');
  const clientOf = (remoteAddress: string | undefined, forwarded?: string) =>
    clientAddress(
      {
        socket: { remoteAddress } as never,
        headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      },
      proxies,
    );

  for (const [what, remote, forwarded, expected] of [
    ['without a proxy is that of the connection', '192.0.2.7', undefined, '192.0.2.7'],
    [
      'that claims another one is still that of the connection',
      '192.0.2.7',
      '10.0.0.1, 203.0.113.9',
      '192.0.2.7',
    ],
    ['behind a trusted proxy is the one that the proxy appended', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
    [
      'behind a trusted proxy is not the one that the client made up',
      '10.0.0.1',
      '198.51.100.1, 203.0.113.9',
      '203.0.113.9',
    ],
    [
      'behind two trusted proxies is the first that is no proxy',
      '10.0.0.1',
      'x, 203.0.113.9,10.0.0.2',
      '203.0.113.9',
    ],
    ['behind a proxy on an IPv6 socket is found too', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
    ['of IPv6 behind a proxy is found too', '2001:db8::1', '2001:db9::7', '2001:db9::7'],
    ['whose proxy writes the port too is without it', '10.0.0.1', '203.0.113.9:4711', '203.0.113.9'],
    [
      'of IPv6 whose proxy writes the port too is without it',
      '10.0.0.1',
      '[2001:db9::7]:4711',
      '2001:db9::7',
    ],
    ['that is a trusted proxy itself is that of the proxy', '10.0.0.1', undefined, '10.0.0.1'],
    ['where all are trusted is the first', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['behind a proxy that says unknown is not known', '10.0.0.1', '203.0.113.9, unknown', undefined],
    ['of a connection that is gone is not known', undefined, '203.0.113.9', undefined],
  ] as const) {
    test(what, () => assert.equal(clientOf(remote, forwarded), expected));
  }
});
