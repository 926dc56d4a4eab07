import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { FIELDS } from '../../../src/config/fields.ts';
import { misspeltSettings } from '../../../src/config/misspelt.ts';
import { OF_TEMPORAL } from '../../../src/config/others-names.ts';
import { fileSetting, SECRETS } from '../../../src/config/secrets.ts';
import type { Environment } from '../../../src/config/settings.ts';
import { faultsOf, read } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const folder = temporaryFolder();
after(() => folder.remove());

const APP = { SDK_APP_ID: '1400000000' };
const NOTIFY_SECRET = 'whsec_c2VjcmV0LW9mLTI0LWJ5dGVzLi4uLi4u';

let files = 0;
function fileWith(content: string): string {
  files += 1;
  const path = join(folder.path, `secret-${files}`);
  writeFileSync(path, content);
  return path;
}

/** `CODEC_TOKEN` needs them. */
const PAYLOAD_KEYS = `k1:${'A'.repeat(43)}=`;

/** A value of each secret that is valid, and what the settings make of it. */
const VALID: Record<string, [value: string, read: (environment: Environment) => unknown]> = {
  CALLBACK_TOKEN: ['one,two', (from) => read(from, 'operate').callback.tokens],
  NOTIFY_SECRET: [NOTIFY_SECRET, (from) => read(from, 'operate').notify.secret],
  TENCENT_SECRET_KEY: ['k3y', (from) => read(from, 'operate').tencent.secretKey],
  TEMPORAL_API_KEY: ['api-key', (from) => read(from, 'operate').temporal.connectionOptions.apiKey],
  PAYLOAD_KEYS: [PAYLOAD_KEYS, (from) => read(from, 'operate').payloadKeys],
  CODEC_TOKEN: ['c0dec', (from) => read({ PAYLOAD_KEYS, ...from }, 'operate').codec?.token],
  NOTICE_URL: ['https://chat/?key=pw', (from) => read(from, 'operate').notices?.url],
  CACHE_URL: ['redis://me:pw@cache', (from) => read({ CACHE_URL: '', ...from }, 'operate').cache.url],
  SEARCH_URL: ['https://me:pw@search', (from) => read({ SEARCH_URL: '', ...from }, 'operate').search.url],
  NOTIFY_URL: ['https://hooks/?key=pw', (from) => read({ NOTIFY_URL: '', ...from }, 'operate').notify.users],
  RELAY_URL: ['https://app/?key=pw', (from) => read({ ...APP, ...from }, 'operate').relay?.url],
};

describe('a secret', () => {
  test('is a setting of ours or of Temporal’s, and each is tried here', () => {
    const known = [...Object.keys(FIELDS), ...OF_TEMPORAL];
    assert.deepEqual(
      SECRETS.filter((name) => !known.includes(name)),
      [],
    );
    assert.deepEqual(
      SECRETS.filter((name) => !(name in VALID)),
      [],
    );
  });

  for (const [name, [value, readValue]] of Object.entries(VALID)) {
    test(`${name} means the same in the environment and in a file, with or without a newline at its end`, () => {
      const expected = readValue({ [name]: value });
      assert.ok(expected !== undefined && JSON.stringify(expected) !== '[]');
      for (const end of ['', '\n', '\r\n']) {
        assert.deepEqual(readValue({ [fileSetting(name)]: fileWith(value + end) }), expected);
      }
    });
  }

  test('is one that start finds in a file too: it is not missing', () => {
    const said = { CACHE_URL: '', CACHE_URL_FILE: fileWith('redis://:pw@cache\n') };
    assert.deepEqual(faultsOf({ ...APP, ...said }, 'start'), []);
  });
});

describe('the file of a secret', () => {
  for (const [what, path, fault] of [
    ['is not there', () => join(folder.path, 'nothing'), /this one cannot be read \(ENOENT\)/],
    ['is a folder', () => folder.path, /this one cannot be read \(EISDIR\)/],
    ['is empty', () => fileWith(''), /this one is empty/],
    ['has nothing but a newline', () => fileWith(' \n'), /this one is empty/],
    ['has two lines', () => fileWith('s3cr3t\ns3cr3t\n'), /expected a file with one line; this one has more/],
  ] as const) {
    test(`that ${what} is one fault, which names the setting and says nothing of what is in it`, () => {
      for (const name of SECRETS) {
        const [found = '', ...more] = faultsOf(
          { ...APP, [name]: '', [fileSetting(name)]: path(), NODE_ENV: 'test' },
          'start',
        );
        assert.match(found, new RegExp(`^${name}_FILE: `));
        assert.match(found, fault);
        assert.doesNotMatch(found, /s3cr3t/);
        assert.deepEqual(more, []);
      }
    });
  }

  test('together with the setting itself is a fault, and blank values count as unset', () => {
    for (const name of SECRETS) {
      const [value] = VALID[name] ?? [''];
      const both = { ...APP, PAYLOAD_KEYS, [name]: value, [fileSetting(name)]: fileWith('s3cr3t') };
      assert.deepEqual(faultsOf(both, 'operate'), [`${name}_FILE: contradicts ${name}; unset one of them`]);
      assert.deepEqual(faultsOf({ ...both, [fileSetting(name)]: ' ' }, 'operate'), []);
    }
  });

  test('may have a value that the setting refuses: the fault names the setting and not the value', () => {
    const wrong = SECRETS.filter((name) => name !== 'TEMPORAL_API_KEY');
    const refused = (name: string) => (name === 'CALLBACK_TOKEN' ? 's3cr3t s3cr3t' : 's3cr3t \u0007');
    const environment = wrong.flatMap((name) => [
      [name, ''],
      [fileSetting(name), fileWith(refused(name))],
    ]);
    const faults = faultsOf(Object.fromEntries(environment), 'operate');
    assert.deepEqual(faults.map((fault) => fault.split(':')[0]).sort(), wrong.toSorted());
    assert.doesNotMatch(faults.join(), /s3cr3t/);
  });

  test('is not looked at by the demo if the demo ignores the setting', () => {
    assert.deepEqual(faultsOf({ CACHE_URL: '', CACHE_URL_FILE: '/nothing' }, 'demo'), []);
    const token = { CALLBACK_TOKEN_FILE: '/nothing' };
    assert.match(faultsOf(token, 'demo').join(), /^CALLBACK_TOKEN_FILE: /);
  });

  test('has a setting whose name is known, and is recognized if it is misspelt', () => {
    assert.deepEqual(
      misspeltSettings(Object.fromEntries(SECRETS.map((name) => [fileSetting(name), 'x']))),
      [],
    );
    const [sentence] = misspeltSettings({ CALLBACK_TOKENFIEL: 'x' });
    assert.match(sentence ?? '', /if you mean CALLBACK_TOKEN_FILE, rename it$/);
  });
});
