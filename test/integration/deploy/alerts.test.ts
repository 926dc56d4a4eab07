import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { ALERT_SCENARIOS } from '../../support/inputs/alert-scenarios.ts';
import { dashboardQueries } from '../../support/inputs/dashboard.ts';
import { ALERTS_FILE, promtool, promtoolOn, testOfAlerts } from '../../support/servers/prometheus.ts';

describe('deploy/prometheus, as Prometheus’ own tool sees it', () => {
  test('the rules are valid, and so is the configuration that loads them', () => {
    promtool(['check', 'rules', 'alerts.yml']);
    promtool(['check', 'config', 'prometheus.yml']);
  });

  test('the dashboard’s queries are valid', () => {
    const rules = dashboardQueries().map((expr, index) => ({ record: `query_${index}`, expr }));
    assert.ok(rules.length > 10);
    promtoolOn(['check', 'rules'], { groups: [{ name: 'dashboard', rules }] });
  });

  for (const scenario of ALERT_SCENARIOS) {
    const { what, firing } = scenario;
    test(`given ${what}, then ${firing.join(', ') || 'nothing'} fires`, () => {
      promtoolOn(['test', 'rules'], testOfAlerts(scenario));
    });
  }

  test('these tests find an alert that does not fire', () => {
    const [healthy] = ALERT_SCENARIOS;
    const wrong = testOfAlerts({ ...(healthy ?? assert.fail()), firing: ['UnfriendParked'] });
    assert.throws(() => promtoolOn(['test', 'rules'], wrong), /FAILED/);
  });

  test('every alert fires in one of these cases', () => {
    const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as {
      groups: { rules: { alert: string }[] }[];
    };
    const alerts = groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
    const fired = new Set(ALERT_SCENARIOS.flatMap(({ firing }) => firing));
    assert.deepEqual(
      alerts.filter((alert) => !fired.has(alert)),
      [],
    );
  });
});
