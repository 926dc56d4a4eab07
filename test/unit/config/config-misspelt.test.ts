import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FIELDS } from '../../../src/config/fields.ts';
import { misspeltSettings } from '../../../src/config/misspelt.ts';
import { OF_OPEN_TELEMETRY, OF_TEMPORAL } from '../../../src/config/others-names.ts';
import { SettingsError } from '../../../src/config/settings.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { ENVIRONMENTS } from '../../support/inputs/environments.ts';
import { read } from '../../support/inputs/settings.ts';

const OURS = Object.keys(FIELDS);
const KNOWN = [...OURS, ...OF_TEMPORAL, ...OF_OPEN_TELEMETRY];

/** The setting that each misspelt name is taken for. */
function meantBy(...names: string[]): (string | undefined)[] {
  const found = misspeltSettings(Object.fromEntries(names.map((name) => [name, 'any value'])));
  return found.map((sentence) => /if you mean (\w+), rename it$/.exec(sentence)?.[1]);
}

describe('a name that is no setting', () => {
  for (const [name, meant] of [
    ['TEMPORAL_ADRESS', 'TEMPORAL_ADDRESS'],
    ['TEMPORAL_NAME_SPACE', 'TEMPORAL_NAMESPACE'],
    ['CALLBACK_TOKENS', 'CALLBACK_TOKEN'],
    ['CALLBACKTOKEN', 'CALLBACK_TOKEN'],
    ['SDKAPPID', 'SDK_APP_ID'],
    ['CACHE_ULR', 'CACHE_URL'],
    ['CACHE_KEY', 'CACHE_KEYS'],
    ['SEARCH_URI', 'SEARCH_URL'],
    ['notify_url', 'NOTIFY_URL'],
    ['OTEL_EXPORTER_OTLP_ENDPONT', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
    ['OTEL_TRACE_SAMPLER', 'OTEL_TRACES_SAMPLER'],
  ] as const) {
    test(`such as ${name} is taken for ${meant}`, () => assert.deepEqual(meantBy(name), [meant]));
  }

  test('is recognized if any one letter was left out, doubled, changed or swapped', () => {
    const long = KNOWN.filter((name) => name.replaceAll('_', '').length >= 5);
    const place = fc
      .constantFrom(...long)
      .chain((name) => fc.tuple(fc.constant(name), fc.nat(name.length - 2)));
    fc.assert(
      fc.property(place, ([name, at]) => {
        const [before, letter, next, after] = [name.slice(0, at), name[at], name[at + 1], name.slice(at + 2)];
        const typos = [
          `${before}${next}${after}`,
          `${before}${letter}${letter}${next}${after}`,
          `${before}Q${next}${after}`,
          `${before}${next}${letter}${after}`,
        ];
        const unknown = typos.filter((typo) => !KNOWN.includes(typo) && lengthOf(typo) >= 5);
        assert.equal(meantBy(...unknown).length, new Set(unknown).size, unknown.join(' '));
      }),
    );
  });

  test('is reported by its name without its value, and is not reported if its value is blank', () => {
    const [sentence = '', ...more] = misspeltSettings({ CALLBACK_TOKENS: 's3cr3t', SDK_APPID: ' ' });
    assert.match(sentence, /^CALLBACK_TOKENS: no such setting; if you mean CALLBACK_TOKEN, rename it$/);
    assert.deepEqual(more, []);
  });
});

describe('no false alarm is raised by', () => {
  for (const [where, names] of Object.entries(ENVIRONMENTS)) {
    test(`the environment of ${where}`, () => assert.deepEqual(meantBy(...names), []));
  }

  test('any setting of ours, of Temporal’s or of OpenTelemetry’s', () => {
    assert.deepEqual(meantBy(...KNOWN, 'TEMPORAL_GRPC_META_X_TENANT'), []);
  });
});

describe('the names that others read', () => {
  const codeOf = (...folder: string[]) => {
    const path = join(PACKAGE_ROOT, 'node_modules', ...folder);
    const files = readdirSync(path, { recursive: true, encoding: 'utf8' });
    return files
      .filter((file) => file.endsWith('.js'))
      .map((file) => readFileSync(join(path, file), 'utf8'))
      .join();
  };

  test('are those of @temporalio/envconfig', () => {
    const read = codeOf('@temporalio', 'envconfig', 'lib').matchAll(/\['(TEMPORAL_[A-Z_]+)'\]/g);
    assert.deepEqual([...new Set([...read].map(([, name]) => name))].sort(), [...OF_TEMPORAL].sort());
  });

  test('are in the code of OpenTelemetry', () => {
    // The exporter puts some together: it takes them for every signal.
    const code = ['core', 'resources', 'sdk-trace-base', 'otlp-exporter-base']
      .map((name) => codeOf('@opentelemetry', name, 'build', 'src'))
      .join()
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code of others.
      .replaceAll('${signalIdentifier}', 'TRACES');
    assert.deepEqual(
      OF_OPEN_TELEMETRY.filter((name) => !code.includes(name)),
      [],
    );
  });
});

describe('given a misspelt setting', () => {
  test('then the settings are read, and report it', () => {
    const { misspelt } = read({ TEMPORAL_ADRESS: 'temporal:7233' }, 'operate');
    assert.deepEqual(misspelt, ['TEMPORAL_ADRESS: no such setting; if you mean TEMPORAL_ADDRESS, rename it']);
  });

  test('and a setting that is missing because of it, then the error reports both', () => {
    assert.throws(
      () => read({ SDK_APPID: '1400000000' }, 'serve'),
      (error) => {
        assert.ok(error instanceof SettingsError);
        assert.equal(error.faults.length, 1);
        assert.match(
          error.message,
          /^1 setting is not right:\n {2}SDK_APP_ID: missing.*\n {2}SDK_APPID: no such/,
        );
        return true;
      },
    );
  });
});

function lengthOf(name: string): number {
  return name.replaceAll('_', '').length;
}
