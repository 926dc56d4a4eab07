import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FIELDS } from '../../../src/config/fields.ts';
import { environmentOf, readCompose } from '../../support/inputs/compose.ts';

const SETTINGS = Object.keys(FIELDS);

/** What the file itself decides: the addresses and folders of this stack. */
const FIXED = [
  'TEMPORAL_UI_URL',
  'CACHE_URL',
  'SEARCH_URL',
  'SEARCH_INDEX',
  'HOST',
  'PORT',
  'OPS_PORT',
  'DATA_DIR',
];

/** What the file passes on to neither, and why. */
const LEFT_OUT: Record<string, string[]> = {
  'the journal has a place in DATA_DIR, which is a volume': ['JOURNAL_DIR'],
  'stop_grace_period leaves the time that the default takes': ['DRAIN_DELAY'],
  'OpenSearch has no TLS in this stack': ['SEARCH_CA'],
  'the stack has a Temporal server, and runs neither start nor demo': [
    'TEMPORAL_CLI_PATH',
    'LOCAL_TEMPORAL_PORT',
    'LOCAL_TEMPORAL_UI_PORT',
  ],
};

/** What a worker needs nothing of: it takes no callbacks, and finds a delivery's plan in Temporal. */
const OF_RECEIVER = [
  'CALLBACK_AUTH',
  'CALLBACK_PATH',
  'PORT',
  'TLS_CERT',
  'TLS_KEY',
  'CALLBACK_ALLOW',
  'TRUSTED_PROXIES',
  'MAX_BODY',
  'MAX_CONNECTIONS',
  'KEEP_ALIVE',
  'IGNORE_PLATFORMS',
  'INTAKE',
  'DATA_DIR',
  'JOURNAL_MAX_PENDING',
  'DEDUPE_WINDOW',
  'FIRST_PASS',
  'BATCH_ABOVE',
  'BATCH_SIZE',
  'RETRY_FOR',
  'ATTENTION_FOR',
  'INDEX_ACCOUNTS',
  'NOTIFY_RECIPIENT',
  'RELAY_TIMEOUT',
  'RELAY_FAILURE',
  'RELAY_DURABLE',
];

const NOT_PASSED_ON = Object.values(LEFT_OUT).flat();
const OF_BOTH = SETTINGS.filter((name) => !NOT_PASSED_ON.includes(name) && !OF_RECEIVER.includes(name));
const WANTED: Record<string, string[]> = { receiver: [...OF_BOTH, ...OF_RECEIVER], worker: OF_BOTH };
const wordOf = (name: string) => `what ${name} is set to`;
const noneSet = readCompose();
const allSet = readCompose(Object.fromEntries(SETTINGS.map((name) => [name, wordOf(name)])));

describe('docker-compose.yml', () => {
  test('passes every setting on, but for those with a reason', () => {
    for (const [name, wanted] of Object.entries(WANTED)) {
      const environment = environmentOf(allSet, name);
      const isPassedOn = (each: string) =>
        FIXED.includes(each) ? each in environment : environment[each] === wordOf(each);
      assert.deepEqual(
        wanted.filter((each) => !isPassedOn(each)),
        [],
        name,
      );
    }
  });

  test('has no reason that is out of date', () => {
    const reasoned = [...FIXED, ...NOT_PASSED_ON, ...OF_RECEIVER];
    assert.deepEqual(
      reasoned.filter((each) => !SETTINGS.includes(each)),
      [],
    );
    for (const [name, wanted] of Object.entries(WANTED)) {
      const given = Object.keys(environmentOf(allSet, name)).filter((each) => SETTINGS.includes(each));
      assert.deepEqual(given.sort(), [...wanted].sort(), name);
    }
  });

  test('names no setting of others where it is not set: they take a blank one for a value', () => {
    for (const name of Object.keys(WANTED)) {
      const environment = environmentOf(noneSet, name);
      const blank = Object.keys(environment).filter((each) => environment[each] === '');
      assert.deepEqual(
        blank.filter((each) => /^(OTEL|TEMPORAL)_/.test(each)),
        [],
        name,
      );
    }
  });
});
