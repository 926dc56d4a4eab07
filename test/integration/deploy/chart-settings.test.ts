/** What the Helm chart sets, compared with the settings that there are. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { FIELDS } from '../../../src/config/fields.ts';
import { OF_OPEN_TELEMETRY, OF_TEMPORAL } from '../../../src/config/others-names.ts';
import type { Role } from '../../../src/config/settings.ts';
import {
  CHART,
  environmentOfPod,
  type Manifest,
  podsOf,
  render,
  VALUES,
} from '../../support/inputs/chart.ts';
import { faultsOf } from '../../support/inputs/settings.ts';

const ROLES: Record<string, Role> = { receiver: 'serve', worker: 'work', setup: 'operate' };

/** The chart sets these itself, from other values or for good. */
const FIXED = [
  'NODE_ENV',
  'HOST',
  'PORT',
  'OPS_PORT',
  'DATA_DIR',
  'DRAIN_DELAY',
  'SEARCH_CA',
  'RELAY_CA',
].concat(['TLS_CERT', 'TLS_KEY', 'CODEC_ORIGIN', 'DEPLOYMENT_NAME', 'BUILD_ID']);

/** The chart sets these nowhere, and why. */
const LEFT_OUT: Record<string, string[]> = {
  'the journal has a place in DATA_DIR, which is a volume': ['JOURNAL_DIR'],
  'a pod runs no Temporal server': ['TEMPORAL_CLI_PATH', 'LOCAL_TEMPORAL_PORT', 'LOCAL_TEMPORAL_UI_PORT'],
};

/** Values that stand for a secret. */
const SECRETS: Record<string, string> = {
  CALLBACK_TOKEN: 'a-token',
  NOTIFY_SECRET: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  TENCENT_SECRET_KEY: 'a-secret-key',
  PAYLOAD_KEYS: `k1:${Buffer.alloc(32, 7).toString('base64')}`,
  CODEC_TOKEN: 'a-codec-token',
  TEMPORAL_API_KEY: 'an-api-key',
  CACHE_URL: 'rediss://:password@redis:6379',
  SEARCH_URL: 'https://user:password@search:9200',
  NOTIFY_URL: 'tencent:,https://chat.example.com/hook',
  RELAY_URL: 'https://chat.example.com/callback',
  NOTICE_URL: 'https://chat.example.com/notices',
};

const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Manifest;
const namesOf = (part: string) => Object.keys(schema.properties[part].properties);
const settings = Object.keys(FIELDS);
const pods = Object.entries(VALUES).flatMap(([name, values]) =>
  Object.entries(podsOf(render(values))).map(([component, pod]) => ({ name, component, pod })),
);

describe('the Helm chart', () => {
  test('has a place for every setting, or a reason', () => {
    const places = [
      ...namesOf('settings'),
      ...namesOf('secrets'),
      ...FIXED,
      ...Object.values(LEFT_OUT).flat(),
    ];
    assert.deepEqual(
      settings.filter((name) => !places.includes(name)),
      [],
    );
    assert.deepEqual(
      places.filter((name) => !settings.includes(name) && !OF_TEMPORAL.includes(name)),
      [],
    );
  });

  test('takes every secret from a Secret, and none from the settings', () => {
    assert.deepEqual(namesOf('secrets').sort(), Object.keys(SECRETS).sort());
    const urls = ['CACHE_URL', 'SEARCH_URL', 'NOTIFY_URL', 'RELAY_URL'];
    assert.deepEqual(
      namesOf('settings').filter((name) => name in SECRETS),
      [...urls].sort((left, right) => namesOf('settings').indexOf(left) - namesOf('settings').indexOf(right)),
    );
  });

  test('has no object with a secret in it', () => {
    for (const values of Object.values(VALUES)) {
      assert.deepEqual(
        render(values).filter(({ kind }) => kind === 'Secret'),
        [],
      );
    }
    for (const { name, pod } of pods) {
      const given = Object.entries(environmentOfPod(pod)).filter(([, value]) => value !== undefined);
      const secrets = given.filter(([key]) => key in SECRETS && !/_URL$/.test(key));
      assert.deepEqual(secrets, [], name);
    }
  });

  for (const { name, component, pod } of pods) {
    test(`with the values ${name}, a ${component} has a complete environment that Unfriend accepts`, () => {
      const environment = environmentWithSecrets(pod);
      const known = [...settings, ...OF_TEMPORAL, ...OF_OPEN_TELEMETRY, 'NODE_OPTIONS'];
      assert.deepEqual(
        Object.keys(environment).filter((each) => !known.includes(each)),
        [],
      );
      assert.deepEqual(faultsOf(withoutFiles(environment), ROLES[component] as Role), []);
    });
  }

  test('names each setting once per pod', () => {
    for (const { name, pod } of pods) {
      const names = pod.containers[0].env.map((each: Manifest) => each.name);
      assert.equal(new Set(names).size, names.length, name);
    }
  });

  test('gives each process its own secrets and no others', () => {
    const secretsOf = (component: string, values = 'everything') => {
      const { pod } = pods.find((each) => each.name === values && each.component === component) ?? {};
      const files = Object.keys(environmentOfPod(pod ?? {})).filter((name) => name.endsWith('_FILE'));
      return files.map((name) => name.replace(/_FILE$/, '')).sort();
    };
    const both = ['CACHE_URL', 'SEARCH_URL', 'NOTIFY_URL', 'RELAY_URL', 'NOTICE_URL', 'PAYLOAD_KEYS'];
    assert.deepEqual(
      secretsOf('receiver'),
      [...both, 'CALLBACK_TOKEN', 'CODEC_TOKEN', 'TENCENT_SECRET_KEY'].sort(),
    );
    const ofWorker = [...both, 'NOTIFY_SECRET', 'TENCENT_SECRET_KEY', 'CALLBACK_TOKEN'];
    assert.deepEqual(secretsOf('worker'), ofWorker.sort());
    assert.deepEqual(secretsOf('setup'), []);
    // Only a worker that relays signs, and only a receiver that allows Tencent's addresses asks for them.
    assert.deepEqual(secretsOf('worker', 'default'), ['TENCENT_SECRET_KEY']);
    assert.deepEqual(secretsOf('receiver', 'default'), ['CALLBACK_TOKEN']);
  });

  test('every file that a setting names is mounted, read-only', () => {
    for (const { name, component, pod } of pods) {
      const mounts = pod.containers[0].volumeMounts.filter((each: Manifest) => each.readOnly) as Manifest[];
      const volumes = pod.volumes as Manifest[];
      for (const [setting, path] of Object.entries(environmentOfPod(pod))) {
        if (!path?.startsWith('/etc/unfriend/')) continue;
        const mount = mounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
        const volume = volumes.find((each) => each.name === mount?.name);
        const files = filesOf(volume ?? {});
        const file = path.slice(`${mount?.mountPath}/`.length);
        assert.ok(files === undefined || files.includes(file), `${name}, ${component}: ${setting}`);
        assert.ok(volume, `${name}, ${component}: ${setting}`);
      }
    }
  });
});

/** The environment as the process finds it, with values for what comes from Secrets. */
function environmentWithSecrets(pod: Manifest): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environmentOfPod(pod)).map(([name, value]) => {
      const secret = name.replace(/_FILE$/, '');
      return secret in SECRETS && (value === undefined || name !== secret)
        ? [secret, SECRETS[secret] ?? '']
        : [name, value ?? ''];
    }),
  );
}

/** The files are in the pod and not here. */
function withoutFiles(environment: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter(([, value]) => !value.startsWith('/etc/unfriend/')),
  );
}

/** Undefined: all keys of a Secret whose keys the chart does not choose. */
function filesOf(volume: Manifest): string[] | undefined {
  const sources: Manifest[] = volume.projected?.sources ?? [volume];
  const items = sources.flatMap(({ secret, configMap }) => (secret ?? configMap)?.items ?? []);
  return items.length > 0 ? items.map(({ path }: Manifest) => path as string) : undefined;
}
