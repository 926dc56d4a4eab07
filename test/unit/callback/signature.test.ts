import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSigned, sign } from '../../../src/callback/signature.ts';

/** Both published by the vendor. */
const VECTORS = [
  {
    token: 'xxxxyyyy',
    requestTime: '1669872112',
    signature: '17773bc39a671d7b9aa835458704d2a6db81360a5940292b587d6d760d484061',
  },
  {
    token: 'e10adc3949ba59abbe56e057f20f883e',
    requestTime: '1676091353',
    signature: 'a5d271b35bd72858cdf1ad0b9dfbf037d19146062c0ecb712a0a3235489d6021',
  },
] as const;

const [{ token, requestTime, signature }] = VECTORS;
const SIGNED_AT = Number(requestTime) * 1000;

for (const vector of VECTORS) {
  test(`the vendor's vector of ${vector.requestTime} is made and recognised`, () => {
    assert.equal(sign(vector.token, vector.requestTime), vector.signature);
    assert.equal(isSigned(vector, [vector.token], Number(vector.requestTime) * 1000), true);
  });
}

test('given several tokens, then a signature made with any one of them is right', () => {
  const tokens = ['old-token', token, 'new-token'];
  for (const each of tokens) {
    assert.equal(
      isSigned({ signature: sign(each, requestTime), requestTime }, tokens, SIGNED_AT),
      true,
      each,
    );
  }
  assert.equal(isSigned({ signature: sign('gone', requestTime), requestTime }, tokens, SIGNED_AT), false);
});

test('given no token, then no signature is right', () => {
  assert.equal(isSigned({ signature, requestTime }, [], SIGNED_AT), false);
});

for (const [offset, right] of [
  [-61_000, false],
  [-60_000, true],
  [0, true],
  [60_000, true],
  [60_999, true],
  [61_000, false],
] as const) {
  test(`a clock ${offset} ms away from RequestTime is ${right ? 'accepted' : 'refused'}`, () => {
    assert.equal(isSigned({ signature, requestTime }, [token], SIGNED_AT + offset), right);
  });
}

test('an upper-case signature is refused', () => {
  assert.equal(isSigned({ signature: signature.toUpperCase(), requestTime }, [token], SIGNED_AT), false);
});

test('a signature that is cut, prolonged or changed in one digit is refused', () => {
  const changed = `${signature.slice(0, -1)}0`;
  for (const wrong of [
    '',
    signature.slice(0, -1),
    `${signature}0`,
    changed,
    ` ${signature}`,
    'é'.repeat(32),
  ]) {
    assert.equal(isSigned({ signature: wrong, requestTime }, [token], SIGNED_AT), false, wrong);
  }
});

test('a signature for another RequestTime is refused', () => {
  const later = String(Number(requestTime) + 1);
  assert.equal(isSigned({ signature, requestTime: later }, [token], SIGNED_AT), false);
});

test('a RequestTime that is not plain unix seconds is refused, even when it is signed', () => {
  const spellings = [
    '',
    'now',
    'NaN',
    'Infinity',
    ` ${requestTime}`,
    `${requestTime} `,
    `${requestTime}.0`,
    `+${requestTime}`,
    `-${requestTime}`,
    '0x63884b70',
    '1.669872112e9',
    '9'.repeat(400),
  ];
  for (const spelling of spellings) {
    const claim = { signature: sign(token, spelling), requestTime: spelling };
    assert.equal(isSigned(claim, [token], SIGNED_AT), false, JSON.stringify(spelling));
  }
});

test('given no Sign or no RequestTime, then nothing is signed', () => {
  assert.equal(isSigned({ signature: null, requestTime }, [token], SIGNED_AT), false);
  assert.equal(isSigned({ signature, requestTime: null }, [token], SIGNED_AT), false);
  assert.equal(isSigned({ signature: null, requestTime: null }, [token], SIGNED_AT), false);
  assert.equal(isSigned({ signature: sign(token, ''), requestTime: null }, [token], SIGNED_AT), false);
});
