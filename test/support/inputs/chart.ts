import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { temporaryFolder } from '../servers/temporal.ts';

export const CHART = join(PACKAGE_ROOT, 'deploy', 'helm', 'unfriend');
/** helm checks the chart's `kubeVersion` against it. */
const KUBERNETES = '1.34.0';
const RELEASE = 'chat';

// biome-ignore lint/suspicious/noExplicitAny: a manifest is whatever the chart makes; the schemas check its types
export type Manifest = Record<string, any>;
export type Values = Record<string, unknown>;

/** Values files by their names without `-values.yaml`. */
export const VALUES: Record<string, Values> = Object.fromEntries(
  readdirSync(join(CHART, 'ci')).map((file) => [file.replace(/-values\.yaml$/, ''), readValues(file)]),
);

/** As YAML 1.1, which is what helm reads: there, an unquoted off is false. */
function readValues(file: string): Values {
  return parse(readFileSync(join(CHART, 'ci', file), 'utf8'), { version: '1.1' }) as Values;
}

export type Ran = { ok: boolean; output: string };

/** Runs helm on the chart with these values. */
export function helm(command: string[], values: Values): Ran {
  const path = process.env.TEST_HELM;
  if (!path) throw new Error('run the tests with npm test, which finds helm');
  const folder = temporaryFolder();
  try {
    const file = join(folder.path, 'values.yaml');
    writeFileSync(file, stringify(values, { version: '1.1' }));
    const args = [...command, '--values', file, '--kube-version', KUBERNETES];
    const { status, stdout, stderr } = spawnSync(path, args, { cwd: folder.path, encoding: 'utf8' });
    return { ok: status === 0, output: status === 0 ? stdout : stdout + stderr };
  } finally {
    folder.remove();
  }
}

/** What the chart makes of these values. */
export function render(values: Values): Manifest[] {
  const { ok, output } = helm(['template', RELEASE, CHART, '--namespace', 'unfriend'], values);
  if (!ok) throw new Error(output);
  return parseAllDocuments(output, { version: '1.1' })
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** What helm says against these values; undefined if it takes them. */
export function refusal(values: Values): string | undefined {
  const { ok, output } = helm(['template', RELEASE, CHART], values);
  return ok ? undefined : output;
}

/** The values with some replaced, by paths such as `worker.autoscaling.type`. Undefined removes one. */
export function change(values: Values, changes: Record<string, unknown>): Values {
  const changed = structuredClone(values);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let place = changed;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as Values;
    }
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return changed;
}

export function only(manifests: Manifest[], kind: string, ending = ''): Manifest {
  const found = manifests.filter((each) => each.kind === kind && each.metadata.name.endsWith(ending));
  if (found.length !== 1) throw new RangeError(`${kind} …${ending}: ${found.length} instead of one`);
  return found[0] as Manifest;
}

/** The pods' templates by component: `receiver`, `worker`, `setup`. */
export function podsOf(manifests: Manifest[]): Record<string, Manifest> {
  const templates = manifests.flatMap(({ spec }) =>
    spec?.template?.spec?.containers ? [spec.template] : [],
  );
  return Object.fromEntries(
    templates.map((template) => [template.metadata.labels['app.kubernetes.io/component'], template.spec]),
  );
}

/** A container's environment; what comes from a Secret or another source has the value `undefined`. */
export function environmentOfPod(pod: Manifest): Record<string, string | undefined> {
  const { env } = pod.containers[0] as { env: { name: string; value?: string }[] };
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}
