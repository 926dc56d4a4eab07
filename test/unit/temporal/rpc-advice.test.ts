import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Metadata, status } from '@grpc/grpc-js';
import { describeRpcError, toOperatorError, withAdvice } from '../../../src/temporal/connect.ts';

const NO_CONNECTION = 'No connection established. Last error: ';

function failed(code: number, details: string): Error {
  return Object.assign(new Error(`${code} ${details}`), { code, details, metadata: new Metadata() });
}

/** An alert, as OpenSSL words it. */
const alert = (what: string) =>
  failed(
    status.UNAVAILABLE,
    `${NO_CONNECTION}809C85A6237F0000:error:0A000412:SSL routines:ssl3_read_bytes:tlsv1 alert ${what}:../deps/openssl/openssl/ssl/record/rec_layer_s3.c:1601:SSL alert number 42\n (2026-11-25T15:08:20.331Z)`,
  );

describe('what went wrong with a request to Temporal', () => {
  test('is said without the places in OpenSSL’s code and without the time, by which equal reasons would differ', () => {
    assert.equal(describeRpcError(alert('bad certificate')), `${NO_CONNECTION}tlsv1 alert bad certificate`);
    const refused = `${NO_CONNECTION}Error: connect ECONNREFUSED 127.0.0.1:7233 (2026-11-25T15:08:20.331Z). Resolution note: none`;
    assert.equal(
      describeRpcError(failed(status.UNAVAILABLE, refused)),
      `${NO_CONNECTION}Error: connect ECONNREFUSED 127.0.0.1:7233`,
    );
  });

  const cases: [what: string, error: Error, advice: RegExp][] = [
    [
      'the server wants a certificate',
      alert('certificate required'),
      /wants a client certificate: set TEMPORAL_TLS_CLIENT_CERT_PATH/,
    ],
    ...['bad certificate', 'certificate expired', 'unknown ca', 'unsupported certificate'].map(
      (what): [string, Error, RegExp] => [
        `alert ${what}`,
        alert(what),
        /refused the client certificate: .*belong together/,
      ],
    ),
    [
      'the server’s own certificate has expired',
      failed(status.UNAVAILABLE, `${NO_CONNECTION}Error: certificate has expired`),
      /certificate is not valid at this time/,
    ],
    [
      'a closed connection',
      failed(status.UNAVAILABLE, `${NO_CONNECTION}Error: read ECONNRESET`),
      /if it wants TLS, set TEMPORAL_TLS=true/,
    ],
    [
      'nobody listens',
      failed(status.UNAVAILABLE, `${NO_CONNECTION}Error: connect ECONNREFUSED`),
      /nobody listens there/,
    ],
    [
      'no such host',
      failed(status.UNAVAILABLE, 'Name resolution failed: getaddrinfo ENOTFOUND nowhere'),
      /no such host/,
    ],
    ['credentials', failed(status.UNAUTHENTICATED, 'Request unauthorized.'), /check TEMPORAL_API_KEY/],
    [
      'rights',
      failed(status.PERMISSION_DENIED, 'Request unauthorized.'),
      /have no right to this: check TEMPORAL_NAMESPACE/,
    ],
  ];
  for (const [what, error, advice] of cases) {
    test(`given ${what}, then it says what to do`, () => {
      assert.match(withAdvice(error), advice);
      assert.match((toOperatorError(error) as Error).message, advice);
    });
  }

  test('given what has no advice of its own, then people are told what to check, and logs have the reason alone', () => {
    const error = failed(status.INTERNAL, 'made up');
    assert.equal(withAdvice(error), 'made up');
    assert.equal(
      (toOperatorError(error) as Error).message,
      "Temporal can't be asked: made up; check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.",
    );
  });
});
