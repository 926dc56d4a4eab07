/** What the pods of the Helm chart run, compared with the product. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { createProgram } from '../../../src/cli/program.ts';
import { createOpsApp } from '../../../src/http/ops-app.ts';
import { listen } from '../../../src/http/server.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { RecentMetrics } from '../../../src/telemetry/recent.ts';
import {
  change,
  environmentOfPod,
  type Manifest,
  only,
  podsOf,
  render,
  VALUES,
} from '../../support/inputs/chart.ts';
import { read } from '../../support/inputs/settings.ts';

const dockerfile = readFileSync(join(PACKAGE_ROOT, 'deploy', 'Dockerfile'), 'utf8');
const rendered = Object.entries(VALUES).map(([name, values]) => ({ name, manifests: render(values) }));
const everything = rendered.find(({ name }) => name === 'everything')?.manifests ?? [];
const least = rendered.find(({ name }) => name === 'default')?.manifests ?? [];
const pods = rendered.flatMap(({ name, manifests }) =>
  Object.entries(podsOf(manifests)).map(([component, pod]) => ({
    name: `${name}: ${component}`,
    component,
    pod,
  })),
);

describe('the pods of the Helm chart', () => {
  test('run commands that there are, and leave the program itself to the image', () => {
    const commands = createProgram({ environment: {}, exitCode: 0 }).commands.map((each) => each.name());
    const expected: Record<string, string> = { receiver: 'serve', worker: 'work', setup: 'setup' };
    for (const { name, component, pod } of pods) {
      const [container] = pod.containers as Manifest[];
      assert.equal(container?.command, undefined, name);
      assert.deepEqual(container?.args, [expected[component]], name);
      assert.ok(commands.includes(expected[component] ?? ''), name);
    }
  });

  test('run as the user of the image, who may write nothing but the volumes', () => {
    const [, uid, gid] = /^USER (\d+):(\d+)$/m.exec(dockerfile) ?? [];
    for (const { name, pod } of pods) {
      const { runAsUser, runAsGroup, fsGroup, runAsNonRoot, seccompProfile } = pod.securityContext;
      assert.deepEqual([runAsUser, runAsGroup, fsGroup], [Number(uid), Number(gid), Number(gid)], name);
      assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }], name);
      assert.equal(pod.automountServiceAccountToken, false, name);
      for (const { securityContext } of pod.containers as Manifest[]) {
        assert.deepEqual(
          securityContext,
          { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
          name,
        );
      }
    }
  });

  test('a receiver’s volume is where the image and the settings put the journal', () => {
    const [, folder] = /DATA_DIR=(\S+)/.exec(dockerfile) ?? [];
    const { receiver } = podsOf(least);
    const mount = receiver?.containers[0].volumeMounts.find(({ name }: Manifest) => name === 'data');
    assert.equal(mount.mountPath, folder);
    assert.equal(environmentOfPod(receiver ?? {}).DATA_DIR, folder);
    const { spec } = only(least, 'StatefulSet');
    assert.equal(spec.volumeClaimTemplates[0].metadata.name, 'data');
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
    });
    assert.equal(spec.podManagementPolicy, 'Parallel');
  });

  test('their probes and Prometheus ask for what OPS_PORT answers', async (t) => {
    const metrics = createMetrics();
    const app = createOpsApp({
      metrics,
      page: { recent: new RecentMetrics(metrics.registry), what: 'receiver', attentionUrl: '' },
      logger: createLogger('error', { write: () => undefined }),
      coreMetrics: async () => '',
      components: async () => ({}),
    });
    const ops = await listen(app.callback(), { host: '127.0.0.1', port: 0, setting: 'OPS_PORT' });
    t.after(() => ops.close());
    const asked = only(everything, 'ServiceMonitor', 'receiver').spec.endpoints.map(
      ({ path }: Manifest) => path,
    );
    for (const { name, component, pod } of pods.filter((each) => each.component !== 'setup')) {
      const [container] = pod.containers as Manifest[];
      const { OPS_PORT } = environmentOfPod(pod);
      assert.deepEqual(portNamed(container, 'ops'), Number(OPS_PORT), name);
      const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
      for (const { httpGet } of probes) assert.equal(httpGet.port, 'ops', name);
      assert.deepEqual(
        probes.map(({ httpGet }) => httpGet.path),
        ['/healthz', '/healthz', '/readyz'],
        component,
      );
      asked.push(...probes.map(({ httpGet }) => httpGet.path));
    }
    for (const path of new Set(asked))
      assert.equal((await fetch(`${ops.url}${path}`)).status, 200, String(path));
  });

  test('callbacks reach the port of PORT, and nothing but Prometheus reaches that of OPS_PORT', () => {
    const { receiver } = podsOf(least);
    const [container] = (receiver?.containers ?? []) as Manifest[];
    assert.equal(portNamed(container, 'callbacks'), Number(environmentOfPod(receiver ?? {}).PORT));
    assert.deepEqual(
      only(least, 'Service', 'receiver').spec.ports.map(({ targetPort }: Manifest) => targetPort),
      ['callbacks'],
    );
    const { ingress } = only(least, 'NetworkPolicy', 'receiver').spec;
    const monitoring = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } },
    };
    assert.deepEqual(ingress, [
      { ports: [{ port: 'callbacks' }] },
      { ports: [{ port: 'ops' }], from: [monitoring] },
    ]);
  });

  test('without a monitoring namespace nobody reaches OPS_PORT', () => {
    const direct = rendered.find(({ name }) => name === 'direct')?.manifests ?? [];
    assert.deepEqual(only(direct, 'NetworkPolicy', 'worker').spec.ingress, null);
    assert.deepEqual(only(direct, 'NetworkPolicy', 'receiver').spec.ingress, [
      { ports: [{ port: 'callbacks' }] },
    ]);
  });

  test('nothing but the codec server leads from outside to OPS_PORT', () => {
    const ingresses = everything.filter(({ kind }) => kind === 'Ingress');
    const paths = ingresses.flatMap(({ spec }) => spec.rules[0].http.paths as Manifest[]);
    assert.deepEqual(paths.map(({ path, backend }) => `${path} → ${backend.service.name}`).sort(), [
      '/codec → chat-unfriend-codec',
      '/tencent/7f3a → chat-unfriend-receiver',
    ]);
  });

  test('have the time that a stop takes', () => {
    for (const seconds of [0, 10, 90]) {
      const manifests = render(change(VALUES.default ?? {}, { 'receiver.drainDelaySeconds': seconds }));
      const { receiver } = podsOf(manifests);
      const environment = {
        ...environmentOfPod(receiver ?? {}),
        CALLBACK_TOKEN: 'a-token',
        CALLBACK_TOKEN_FILE: '',
      };
      const { http } = read(environment, 'serve');
      // docs/operations.md, "Stopping": open answers 5 s, the journal 5 s; what is left 15 s.
      assert.ok(receiver?.terminationGracePeriodSeconds * 1_000 >= http.drainDelay + 25_000);
    }
    assert.ok(podsOf(least).worker?.terminationGracePeriodSeconds >= 15 + 5);
  });

  test('the set-up runs before each install and upgrade, with an account that there is by then', () => {
    const { metadata, spec } = only(least, 'Job');
    assert.equal(metadata.annotations['helm.sh/hook'], 'pre-install,pre-upgrade');
    assert.equal(spec.template.spec.serviceAccountName, 'default');
  });

  test('KEDA asks Temporal for the task queue of the workers, and scales them', () => {
    const { spec } = only(everything, 'ScaledObject');
    const { metadata } = spec.triggers[0];
    const worker = podsOf(everything).worker ?? {};
    const environment = environmentOfPod(worker);
    assert.equal(spec.scaleTargetRef.name, only(everything, 'Deployment').metadata.name);
    assert.deepEqual(
      [metadata.endpoint, metadata.namespace, metadata.taskQueue],
      [environment.TEMPORAL_ADDRESS, environment.TEMPORAL_NAMESPACE, environment.TASK_QUEUE],
    );
    assert.deepEqual(
      [metadata.workerDeploymentName, metadata.workerDeploymentBuildId],
      [environment.DEPLOYMENT_NAME, environment.BUILD_ID],
    );
    assert.equal(only(everything, 'Deployment').spec.replicas, undefined);
  });
});

function portNamed(container: Manifest | undefined, name: string): number | undefined {
  return container?.ports.find((port: Manifest) => port.name === name)?.containerPort;
}
