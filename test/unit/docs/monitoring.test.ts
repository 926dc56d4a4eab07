import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { SIDE_EFFECTS } from '../../../activities/index.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { observeVendorList } from '../../../src/telemetry/allow-metrics.ts';
import { createReachableGauge } from '../../../src/telemetry/backend-metrics.ts';
import { createMetrics, observeJournal } from '../../../src/telemetry/metrics.ts';
import { createReconciledCounter } from '../../../src/telemetry/reconcile-metrics.ts';
import { TemporalMetrics } from '../../../src/telemetry/temporal-metrics.ts';
import { WorkerMetrics } from '../../../src/telemetry/worker-metrics.ts';
import { NEEDS_PERSON } from '../../../src/temporal/attention/attention-query.ts';
import { dashboardQueries, readDashboard } from '../../support/inputs/dashboard.ts';
import { codeIn, readAllPages, readPage, tableRows } from '../../support/inputs/markdown.ts';
import { sourceModules } from '../../support/modules.ts';
import { ALERTS_FILE, PROMETHEUS_FOLDER } from '../../support/servers/prometheus.ts';

type Alert = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string; runbook_url: string };
};

const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const page = readPage('docs', 'monitoring.md');
const runbook = readPage('deploy', 'runbook.md');

/** Of the SDK; the suite e2e sees them on a worker's page. */
const OF_TEMPORAL = ['temporal_worker_task_slots_available'];

/** What prom-client knows of a metric, and its types do not tell. */
type Exported = { name: string; labelNames: string[]; constructor: { name: string } };

function exportedMetrics(): Exported[] {
  const { registry } = createMetrics();
  observeJournal(registry);
  new WorkerMetrics(
    registry,
    SIDE_EFFECTS.map(({ name }) => name),
  );
  new TemporalMetrics(registry);
  createReachableGauge(registry);
  observeVendorList(registry, { isEnforced: true });
  createReconciledCounter(registry);
  return registry.getMetricsAsArray() as unknown as Exported[];
}

/** The metrics that a query names, without what a histogram adds. */
function metricsOf(expr: string): string[] {
  const names = expr.match(/\b(unfriend|temporal|nodejs|process)_\w+/g) ?? [];
  return names.map((name) => name.replace(/_(bucket|count|sum)$/, ''));
}

type Place = { h: number; w: number; x: number; y: number };

function overlap(a: Place, b: Place): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

describe('alerts, dashboard, runbook and docs/monitoring.md', () => {
  test('name no metric that the product does not export', () => {
    const known = [...exportedMetrics().map(({ name }) => name), ...OF_TEMPORAL];
    const queries = [...alerts.map(({ expr }) => expr), ...dashboardQueries(), runbook.text];
    const named = new Set(queries.flatMap(metricsOf));
    assert.ok(named.size > 20);
    assert.deepEqual(
      [...named].filter((name) => !known.includes(name)),
      [],
    );
  });

  test('no document names a metric of ours that the product does not export', () => {
    const known = exportedMetrics().map(({ name }) => name);
    const named = readAllPages().flatMap(({ codeSpans }) =>
      codeSpans.filter((code) => /^unfriend_\w*[a-z]\b/.test(code)).flatMap(metricsOf),
    );
    assert.ok(named.length > 20);
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    );
  });

  test('docs/monitoring.md has one row for every metric of ours, with its labels and its type', () => {
    const ours = exportedMetrics().filter(({ name }) => name.startsWith('unfriend_'));
    const rows = tableRows(page, 'metric', 'type', 'meaning')
      .map(({ metric = '', type = '' }) => ({ metric: codeIn(metric).join(), type }))
      .filter(({ metric }) => metric.startsWith('unfriend_'));
    const expected = ours.map((metric) => ({
      metric: metric.name + (metric.labelNames.length > 0 ? `{${metric.labelNames.join(', ')}}` : ''),
      type: metric.constructor.name.toLowerCase(),
    }));
    const byName = (a: { metric: string }, b: { metric: string }) => (a.metric < b.metric ? -1 : 1);
    assert.deepEqual(rows.toSorted(byName), expected.toSorted(byName));
  });

  test('docs/monitoring.md has one row for every alert, with its severity and a link to the runbook', () => {
    const rows = tableRows(page, 'alert', 'severity', 'fires when').map(({ alert = '', severity = '' }) => ({
      alert,
      severity,
    }));
    const expected = alerts.map(({ alert, labels, annotations: { runbook_url } }) => ({
      alert: `[\`${alert}\`](../${runbook_url})`,
      severity: labels.severity,
    }));
    assert.deepEqual(rows, expected);
  });

  for (const { alert, labels, annotations } of alerts) {
    test(`${alert} says what happened, how urgent it is, and leads to its section of the runbook`, () => {
      assert.match(alert, /^Unfriend[A-Za-z]+$/);
      assert.ok(['page', 'ticket'].includes(labels.severity));
      assert.ok(annotations.summary && annotations.description);
      const [file, anchor] = annotations.runbook_url.split('#');
      assert.ok(existsSync(join(PACKAGE_ROOT, file ?? '')));
      assert.equal(anchor, alert.toLowerCase());
      assert.ok(
        runbook.headings.some((heading) => heading.anchor === anchor),
        `${anchor} is no section of ${file}`,
      );
    });
  }

  test('the runbook has no section of an alert that there is not', () => {
    const sections = runbook.headings.map(({ title }) => title).filter((title) => /^Unfriend\w/.test(title));
    assert.deepEqual(
      sections,
      alerts.map(({ alert }) => alert),
    );
  });

  test('the panels of the dashboard that the runbook names are there', () => {
    const titles = readDashboard().panels.map(({ title }) => title);
    const sentences = runbook.text.match(/[Dd]ashboard,? \*[^.:;]*/g) ?? [];
    const named = sentences.flatMap((sentence) =>
      [...sentence.matchAll(/\*([^*]+)\*/g)].map(([, title]) => title),
    );
    assert.ok(named.length >= 4);
    assert.deepEqual(
      named.filter((title) => title !== 'Unfriend' && !titles.includes(String(title))),
      [],
    );
  });

  test('the log lines that the runbook quotes are written somewhere', () => {
    const code = ['src', 'activities', 'workflows']
      .flatMap((folder) => sourceModules(folder))
      .map((module) => module.code)
      .join('\n');
    const sentences = runbook.text.match(/log lines? (is )?`[^.;|]*/g) ?? [];
    const quoted = sentences
      .flatMap(codeIn)
      .map((line) => line.replaceAll('\n', ' ').replace(/ ?…$/, ''))
      .filter((line) => line.includes(' ') && !line.startsWith('unfriend '));
    assert.ok(quoted.length >= 8);
    assert.deepEqual(
      quoted.filter((line) => !code.includes(line)),
      [],
    );
  });

  test('the runbook has the query by which the list, the metrics and the link know what needs a person', () => {
    assert.ok(runbook.text.split('\n').some((line) => line.trim() === NEEDS_PERSON));
  });

  test('every metric of ours shows on the dashboard, or an alert watches it', () => {
    const shown = new Set([...dashboardQueries(), ...alerts.map(({ expr }) => expr)].flatMap(metricsOf));
    const ours = exportedMetrics().map(({ name }) => name);
    assert.deepEqual(
      ours.filter((name) => name.startsWith('unfriend_') && !shown.has(name)),
      [],
    );
  });

  test('the dashboard’s panels have ids of their own, a title, and room beside each other', () => {
    const { panels } = readDashboard();
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    for (const { title, gridPos } of panels) assert.ok(title && gridPos.x + gridPos.w <= 24);
    const overlapping = panels.filter((a) =>
      panels.some((b) => a.id < b.id && overlap(a.gridPos, b.gridPos)),
    );
    assert.deepEqual(
      overlapping.map(({ title }) => title),
      [],
    );
  });

  test('the dashboard links to the list of what needs a person, and to the runbook', () => {
    const [list, runbookLink] = readDashboard().links;
    const { searchParams } = new URL((list?.url ?? '').replace(/\$\{\w+\}/, 'http://127.0.0.1:8233'));
    assert.equal(searchParams.get('query'), NEEDS_PERSON);
    assert.match(runbookLink?.url ?? '', /^\$\{runbook\}$/);
  });

  test('the dashboard asks the Prometheus that its reader chooses, at first the default one', () => {
    const { panels, templating } = readDashboard();
    const [variable] = templating.list;
    assert.deepEqual([variable?.type, variable?.query], ['datasource', 'prometheus']);
    const chosen = { type: 'prometheus', uid: `\${${variable?.name}}` };
    for (const { title, datasource, targets = [] } of panels.filter(({ type }) => type !== 'row')) {
      for (const each of [datasource, ...targets.map((target) => target.datasource)])
        assert.deepEqual(each, chosen, title);
    }
    assert.equal(variable?.current.value, 'default');
    const provisioned = parse(read('deploy/grafana/provisioning/datasources/prometheus.yml')) as {
      datasources: { type: string; isDefault: boolean }[];
    };
    const defaults = provisioned.datasources.filter(({ isDefault }) => isDefault);
    assert.deepEqual(
      defaults.map(({ type }) => type),
      ['prometheus'],
    );
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
