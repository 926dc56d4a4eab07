import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { CHART, helm, type Manifest, only, render, VALUES } from '../../support/inputs/chart.ts';
import { manifestFaults } from '../../support/servers/kubernetes-schemas.ts';

/** The oldest that Chart.yaml allows, and the newest that has schemas. */
const VERSIONS = ['1.27.0', '1.37.0'];

const OPTIONAL = ['ScaledObject', 'TriggerAuthentication', 'HorizontalPodAutoscaler', 'Ingress'].concat([
  'ServiceMonitor',
  'PrometheusRule',
]);
const rendered = Object.entries(VALUES).map(([name, values]) => ({
  name,
  values,
  manifests: render(values),
}));

describe('the Helm chart', () => {
  for (const { name, values, manifests } of rendered) {
    test(`with the values ${name}, helm finds no fault in it`, () => {
      const { ok, output } = helm(['lint', '--strict', CHART], values);
      assert.ok(ok, output);
    });

    for (const version of VERSIONS) {
      test(`with the values ${name}, Kubernetes ${version} takes every object`, () => {
        assert.ok(manifests.length > 0);
        for (const manifest of manifests) {
          const { kind, metadata } = manifest;
          assert.deepEqual(manifestFaults(manifest, version), [], `${kind} ${metadata.name}`);
        }
      });
    }
  }

  test('these schemas find a misspelt field and a wrong type, in custom resources too', () => {
    const { manifests } = rendered.find(({ name }) => name === 'everything') ?? assert.fail();
    const faultsAfter = (kind: string, spoil: (spec: Manifest) => void) => {
      const spoiled = structuredClone(manifests.find((each) => each.kind === kind) ?? assert.fail(kind));
      spoil(spoiled.spec);
      return manifestFaults(spoiled, '1.37.0').join();
    };
    assert.match(
      faultsAfter('StatefulSet', (spec) => {
        spec.replica = 2;
      }),
      /additional properties/,
    );
    assert.match(
      faultsAfter('NetworkPolicy', (spec) => {
        spec.policyTypes = 'Ingress';
      }),
      /must be array/,
    );
    assert.match(
      faultsAfter('ScaledObject', (spec) => {
        delete spec.scaleTargetRef.name;
      }),
      /required property name/,
    );
    assert.match(
      faultsAfter('ServiceMonitor', (spec) => {
        spec.endpoints = {};
      }),
      /must be array/,
    );
  });

  test('makes every optional object with some of these values, and none by default', () => {
    const kindsOf = (manifests: Manifest[]) => new Set(manifests.map(({ kind }) => String(kind)));
    const all = kindsOf(rendered.flatMap(({ manifests }) => manifests));
    const byDefault = kindsOf(rendered.find(({ name }) => name === 'default')?.manifests ?? []);
    for (const kind of OPTIONAL) assert.ok(all.has(kind) && !byDefault.has(kind), kind);
  });

  test('names every object once', () => {
    for (const { name, manifests } of rendered) {
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      assert.equal(new Set(names).size, names.length, name);
    }
  });

  test('its alerts are those of deploy/prometheus, with the address of the runbook in front', () => {
    const { manifests } = rendered.find(({ name }) => name === 'everything') ?? assert.fail();
    const alerts = readFileSync(join(CHART, '..', '..', 'prometheus', 'alerts.yml'), 'utf8');
    const base = 'https://wiki.example.com/unfriend/';
    const expected = parse(alerts.replaceAll('runbook_url: deploy/', `runbook_url: ${base}deploy/`));
    assert.deepEqual(only(manifests, 'PrometheusRule').spec, expected);
  });

  test('the jobs that Prometheus scrapes have the names that the alerts ask for', () => {
    const { manifests } = rendered.find(({ name }) => name === 'everything') ?? assert.fail();
    const monitors = manifests.filter(({ kind }) => kind === 'ServiceMonitor');
    const jobs = monitors.map(({ spec }) => spec.endpoints[0].relabelings[0]);
    assert.deepEqual(jobs.map(({ targetLabel, replacement }) => `${targetLabel}=${replacement}`).sort(), [
      'job=unfriend-receiver',
      'job=unfriend-worker',
    ]);
    assert.match(readFileSync(join(CHART, 'files', 'alerts.yml'), 'utf8'), /job="unfriend-receiver"/);
  });
});
