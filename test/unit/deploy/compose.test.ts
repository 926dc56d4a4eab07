import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { DCLinter } from 'dclint';
import ms from 'ms';
import { FIELDS } from '../../../src/config/fields.ts';
import { OF_OPEN_TELEMETRY, OF_TEMPORAL } from '../../../src/config/others-names.ts';
import { type Role, readSettings } from '../../../src/config/settings.ts';
import { PACKAGE_ROOT, VERSION } from '../../../src/package-root.ts';
import { COMPOSE_FILE, environmentOf, readCompose, service } from '../../support/inputs/compose.ts';
import { faultsOf } from '../../support/inputs/settings.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';

const compose = readCompose();
const services = Object.entries(compose.services);
const isJob = (name: string) => service(compose, name).restart === 'no';

const SETTINGS = Object.keys(FIELDS);

/** Our own processes, and what each is for. */
const ROLES: Record<string, Role> = { receiver: 'serve', worker: 'work', 'search-attributes': 'operate' };

describe('docker-compose.yml', () => {
  test('is what the Compose Specification’s schema allows', () => {
    assert.deepEqual(schemaFaults(COMPOSE_FILE), []);
  });

  test('that schema finds a misspelt setting', () => {
    const folder = temporaryFolder();
    const path = join(folder.path, 'docker-compose.yml');
    try {
      writeFileSync(path, readFileSync(COMPOSE_FILE, 'utf8').replace('stop_grace_period:', 'stop_grace:'));
      assert.equal(schemaFaults(path).length, 1);
    } finally {
      folder.remove();
    }
  });

  test('pins every image, and those of one product alike', () => {
    const images = services.map(([, { image }]) => image);
    for (const image of images) assert.match(image, /^[a-z/-]+:v?\d+\.\d+[a-z0-9.-]*$/);
    const [server] = images.filter((image) => image.startsWith('temporalio/server:'));
    for (const image of images.filter((each) => each.startsWith('temporalio/admin-tools:'))) {
      assert.equal(image.split(':')[1], server?.split(':')[1]);
    }
    for (const name of Object.keys(ROLES)) assert.equal(service(compose, name).image, `unfriend:${VERSION}`);
  });

  test('every service has a health check, or is a job that somebody waits for', () => {
    const waitedFor = services.flatMap(([, { depends_on = {} }]) =>
      Object.keys(depends_on).filter(
        (name) => depends_on[name]?.condition === 'service_completed_successfully',
      ),
    );
    for (const [name, { healthcheck }] of services) {
      if (isJob(name)) assert.ok(healthcheck.disable && waitedFor.includes(name), name);
      else assert.ok(healthcheck.test?.[0] === 'CMD' && healthcheck.test.length > 1, name);
    }
  });

  test('services wait for others that exist: for jobs to end, for the rest to be healthy', () => {
    for (const [name, { depends_on = {} }] of services) {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const expected = isJob(other) ? 'service_completed_successfully' : 'service_healthy';
        assert.equal(condition, expected, `${name} → ${other}`);
      }
    }
  });

  test('publishes ports on this machine only, each once, and only from a network with a way out', () => {
    const published = services.flatMap(([name, { ports = [], networks }]) => {
      if (ports.length > 0) assert.ok(networks.includes('edge'), name);
      return ports;
    });
    for (const port of published) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/);
    assert.equal(new Set(published.map((port) => port.split(':')[1])).size, published.length);
  });

  test('the stores are reached from internal networks only', () => {
    for (const store of ['postgresql', 'redis', 'opensearch']) {
      const { networks, ports } = service(compose, store);
      assert.equal(ports, undefined, store);
      for (const network of networks)
        assert.ok(compose.networks[network]?.internal, `${store} in ${network}`);
    }
    const besidePostgres = services.filter(([, { networks }]) => networks.includes('temporal-store'));
    assert.deepEqual(besidePostgres.map(([name]) => name).sort(), [
      'postgresql',
      'temporal',
      'temporal-schema',
    ]);
  });

  test('gives no process more than it needs', () => {
    for (const [name, { security_opt, cap_drop, init, mem_limit, read_only }] of services) {
      assert.deepEqual(
        { security_opt, cap_drop, init },
        { security_opt: ['no-new-privileges:true'], cap_drop: ['ALL'], init: true },
        name,
      );
      assert.match(mem_limit, /^\d+m$/, name);
      assert.equal(read_only ?? false, name !== 'opensearch', name);
    }
  });

  test('has no secret in it', () => {
    for (const [name] of services) {
      const secrets = Object.entries(environmentOf(compose, name)).filter(
        ([key, value]) => /PASSWORD|PWD|SECRET|TOKEN|KEY/.test(key) && value !== '',
      );
      assert.deepEqual(secrets, [], name);
    }
  });

  test('mounts what exists, and keeps the journal on a volume', () => {
    for (const [name, { volumes = [] }] of services) {
      for (const [source = ''] of volumes.map((volume) => volume.split(':'))) {
        const exists = source.startsWith('./')
          ? existsSync(join(PACKAGE_ROOT, source))
          : source in compose.volumes;
        assert.ok(exists, `${name}: ${source}`);
      }
    }
    const { DATA_DIR } = environmentOf(compose, 'receiver');
    assert.deepEqual(service(compose, 'receiver').volumes, [`journal:${DATA_DIR}`]);
  });

  test('a stop leaves the time that draining takes', () => {
    const graceOf = (name: string) => ms(service(compose, name).stop_grace_period as ms.StringValue);
    const { http } = readSettings(environmentOf(compose, 'receiver'), 'serve');
    // docs/operations.md, "Stopping": open answers 5 s, the journal 5 s; activities 10 s, and 5 s to end.
    assert.ok(graceOf('receiver') >= http.drainDelay + 10_000 + 15_000);
    assert.ok(graceOf('worker') >= 15_000 + 5_000);
  });

  for (const [name, role] of Object.entries(ROLES)) {
    test(`sets for ${name} what is known, and what it accepts`, () => {
      const environment = environmentOf(compose, name);
      const known = [...SETTINGS, ...OF_TEMPORAL, ...OF_OPEN_TELEMETRY];
      assert.deepEqual(
        Object.keys(environment).filter((setting) => !known.includes(setting)),
        [],
      );
      assert.deepEqual(faultsOf(environment, role), []);
    });
  }

  test('with NODE_ENV=production it wants a token, and no stand-in', () => {
    const faultsWith = (variables: Record<string, string>) => {
      const file = readCompose({ NODE_ENV: 'production', ...variables });
      return (['receiver', 'worker'] as const).flatMap((name) =>
        faultsOf(environmentOf(file, name), ROLES[name] as Role).map((fault) => fault.split(':')[0]),
      );
    };
    assert.deepEqual(faultsWith({}), ['CALLBACK_TOKEN', 'NOTIFY_URL']);
    assert.deepEqual(faultsWith({ CALLBACK_TOKEN: 'a-token', NOTIFY_URL: 'off' }), []);
  });
});

/** dclint brings the specification's schema along; its rules of style are its own. */
function schemaFaults(path: string): string[] {
  const linter = new DCLinter({ rules: {}, quiet: true, debug: false, exclude: [] });
  const results = linter.lintFiles([path], false) as { messages: { rule: string; message: string }[] }[];
  const messages = results.flatMap((result) => result.messages);
  return messages.filter(({ rule }) => rule.startsWith('invalid')).map(({ message }) => message);
}
