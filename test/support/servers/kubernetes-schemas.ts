import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { TriggerAuthentication } from '@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication';
import { PrometheusRule } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Manifest } from '../inputs/chart.ts';

/** Custom resources have their schemas in packages of their own, made from the CustomResourceDefinitions. */
const CUSTOM: Record<string, new (manifest: never) => { validate(): void }> = {
  ScaledObject,
  TriggerAuthentication,
  PrometheusRule,
  ServiceMonitor,
};

/**
 * Why a cluster of this version would refuse the manifest, unknown fields included. Those of custom resources' schemas are
 * not noticed: these packages leave them open.
 */
export function manifestFaults(manifest: Manifest, version: string): string[] {
  const Custom = CUSTOM[manifest.kind];
  if (Custom) return customFaults(new Custom(manifest as never));
  const validate = validatorOf(manifest, version);
  if (validate(manifest)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function customFaults(resource: { validate(): void }): string[] {
  try {
    resource.validate();
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

const compiled = new Map<string, ValidateFunction>();

/** `networking.k8s.io/v1` NetworkPolicy has its schema in `networkpolicy-networking-v1.json`. */
function validatorOf({ apiVersion, kind }: Manifest, version: string): ValidateFunction {
  const root = process.env.TEST_KUBERNETES_SCHEMAS;
  if (!root) throw new Error('run the tests with npm test, which finds the schemas');
  const folder = join(root, `v${version}-local-strict`);
  const group = String(apiVersion).replace(/^([^./]*)(\.[^/]*)?\//, '$1-');
  const path = join(folder, `${String(kind).toLowerCase()}-${group}.json`);
  const found = compiled.get(path) ?? compile(folder, path);
  compiled.set(path, found);
  return found;
}

function compile(folder: string, path: string): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema(readJson(join(folder, '_definitions.json')), '/api/_definitions.json');
  return ajv.compile({ ...readJson(path), $id: '/api/schema.json' });
}

function readJson(path: string): object {
  return JSON.parse(readFileSync(path, 'utf8')) as object;
}
