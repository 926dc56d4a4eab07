import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { SIDE_EFFECTS } from '../../activities/index.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { createMetrics, observeJournal } from '../../src/telemetry/metrics.ts';
import { TemporalMetrics } from '../../src/telemetry/temporal-metrics.ts';
import { WorkerMetrics } from '../../src/telemetry/worker-metrics.ts';
import { NEEDS_PERSON } from '../../src/temporal/attention-query.ts';
import { dashboardQueries, readDashboard } from '../support/dashboard.ts';
import { ALERTS_FILE, PROMETHEUS_FOLDER } from '../support/prometheus.ts';

type Alert = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
};

const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const readme = read('README.md');
const runbook = read('deploy', 'runbook.md');

/** Of the SDK; the suite e2e sees them on a worker's page. */
const OF_TEMPORAL = ['temporal_worker_task_slots_available'];

function exportedMetrics(): string[] {
  const { registry } = createMetrics();
  observeJournal(registry);
  new WorkerMetrics(
    registry,
    SIDE_EFFECTS.map(({ name }) => name),
  );
  new TemporalMetrics(registry);
  return registry.getMetricsAsArray().map(({ name }) => name);
}

/** The metrics that a query names, without what a histogram adds. */
function metricsOf(expr: string): string[] {
  const names = expr.match(/\b(unfriend|temporal|nodejs|process)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
}

const headings = [...runbook.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
  heading.toLowerCase().replaceAll(' ', '-'),
);

describe('alerts, dashboard, runbook and README', () => {
  test('name no metric that the product does not export', () => {
    const known = [...exportedMetrics(), ...OF_TEMPORAL];
    const queries = [...alerts.map(({ expr }) => expr), ...dashboardQueries(), runbook];
    const named = new Set(queries.flatMap(metricsOf));
    assert.ok(named.size > 20);
    assert.deepEqual(
      [...named].filter((name) => !known.includes(name)),
      [],
    );
  });

  test('README.md lists every metric of ours', () => {
    const ours = exportedMetrics().filter((name) => name.startsWith('unfriend_'));
    assert.deepEqual(
      ours.filter((name) => !new RegExp(`\`${name}(\\{[a-z_, ]+\\})?\``).test(readme)),
      [],
    );
  });

  for (const { alert, labels, annotations } of alerts) {
    test(`${alert} says what happened, how urgent it is, and leads to its section of the runbook`, () => {
      assert.match(alert, /^Unfriend[A-Za-z]+$/);
      assert.ok(['page', 'ticket'].includes(labels.severity));
      assert.ok(annotations.summary && annotations.description);
      const [file, anchor] = annotations.runbook_url.split('#');
      assert.ok(existsSync(join(PACKAGE_ROOT, file ?? '')));
      assert.equal(anchor, alert.toLowerCase());
      assert.ok(headings.includes(anchor), `${anchor} is no section of ${file}`);
    });
  }

  test('the runbook’s links lead to its own sections', () => {
    const links = [...runbook.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
    assert.deepEqual(
      links.filter((anchor) => !headings.includes(anchor)),
      [],
    );
  });

  test('the runbook has the query by which the list, the metrics and the link know what needs a person', () => {
    assert.ok(runbook.split('\n').some((line) => line.trim() === NEEDS_PERSON));
  });

  test('the runbook has a row for every failure type of README.md', () => {
    const [, table = ''] = /^\| failure type \| of \|.*\n\|[-|]+\n((?:\|.*\n)+)/m.exec(readme) ?? [];
    const named = table.split('\n').filter((row) => row.startsWith('| `'));
    const types = named.flatMap((row) => (row.split('|')[1] ?? '').match(/`[A-Z]\w+`/g) ?? []);
    assert.ok(types.length >= 10);
    const rows = runbook.slice(runbook.indexOf('## Failure types'));
    for (const type of types) assert.ok(rows.includes(type), type);
  });

  test('the dashboard’s panels have ids of their own, a title, and the data source that is provisioned', () => {
    const { panels } = readDashboard();
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const provisioned = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { uid: string }[];
    };
    for (const { title, type, datasource, gridPos } of panels) {
      assert.ok(title && gridPos.x + gridPos.w <= 24);
      if (type !== 'row') assert.equal(datasource?.uid, provisioned.datasources[0]?.uid);
    }
  });

  test('Prometheus scrapes what docker-compose.yml runs', () => {
    const { scrape_configs } = parse(readFileSync(join(PROMETHEUS_FOLDER, 'prometheus.yml'), 'utf8')) as {
      scrape_configs: { static_configs: { targets: string[] }[] }[];
    };
    const targets = scrape_configs.flatMap(({ static_configs }) =>
      static_configs.flatMap(({ targets: t }) => t),
    );
    const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
      services: Record<string, { environment: { OPS_PORT?: number } }>;
    };
    for (const target of targets) {
      const [host = '', port] = target.split(':');
      assert.equal(services[host]?.environment.OPS_PORT, Number(port), target);
    }
  });
});
