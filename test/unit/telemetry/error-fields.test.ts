import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { createLogger } from '../../../src/telemetry/logger.ts';

const SECRET = 'alice-and-her-sign';

/** What the log holds of `error`, under the name that we use, and under the one of the Temporal SDK. */
function logged(error: unknown): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
  logger.error({ err: error }, 'it failed');
  logger.error({ error }, 'it failed');
  return lines.map(({ err, error }) => (err ?? error) as Record<string, unknown>);
}

function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

describe('of an error the log holds its type, message, code and stack', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', body: SECRET });
  const carrying = {
    'of an invalid URL': caught(() => new URL(`http://[/${SECRET}`)),
    'of what is not JSON': caught(() => JSON.parse(`{"${SECRET}`)),
    'of an argument that Node.js quotes': caught(() => Buffer.alloc(1).fill('a', SECRET as 'hex')),
    'of another realm': runInNewContext(`Object.assign(new TypeError('no'), { input: '${SECRET}' })`),
    'of its cause': new Error('the journal failed', { cause }),
    'that is no error': { account: SECRET },
  };
  for (const [what, error] of Object.entries(carrying)) {
    test(`and nothing that an error carries, ${what}`, () => {
      for (const fields of logged(error)) {
        assert.doesNotMatch(JSON.stringify(fields), new RegExp(SECRET), what);
        assert.ok(fields.type);
      }
    });
  }

  test('and those of its causes', () => {
    for (const { stack, ...fields } of logged(carrying['of its cause'])) {
      assert.match(String(stack), /^ +at .*error-fields/);
      assert.equal(fields.message, 'the journal failed');
      const { stack: frames, ...ofCause } = fields.cause as Record<string, unknown>;
      assert.match(String(frames), /^ +at /);
      assert.deepEqual(ofCause, { type: 'Error', message: 'refused', code: 'ECONNREFUSED' });
    }
  });

  test('and an error that is its own cause ends somewhere', () => {
    const error: Error & { cause?: unknown } = new Error('round and round');
    error.cause = error;
    assert.equal(logged(error).length, 2);
  });
});
