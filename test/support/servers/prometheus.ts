import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { type AlertScenario, HEALTHY } from '../inputs/alert-scenarios.ts';
import { temporaryFolder } from './temporal.ts';

export const PROMETHEUS_FOLDER = join(PACKAGE_ROOT, 'deploy', 'prometheus');
export const ALERTS_FILE = join(PROMETHEUS_FOLDER, 'alerts.yml');
export const DASHBOARD_FILE = join(PACKAGE_ROOT, 'deploy', 'grafana', 'dashboards', 'unfriend.json');

/** Runs Prometheus' own tool; throws with what it says unless it is content. */
export function promtool(args: string[], cwd = PROMETHEUS_FOLDER): void {
  const path = process.env.TEST_PROMTOOL;
  if (!path) throw new Error('run the tests with npm test, which finds promtool');
  const { status, stdout, stderr } = spawnSync(path, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`promtool ${args.join(' ')}:\n${stdout}${stderr}`);
}

/** `content` as a file that promtool is to look at. */
export function promtoolOn(command: string[], content: object): void {
  const folder = temporaryFolder();
  try {
    const path = join(folder.path, 'file.yaml');
    writeFileSync(path, stringify(content));
    promtool([...command, path], folder.path);
  } finally {
    folder.remove();
  }
}

/** promtool's test of the alerts: exactly those of the scenario fire. */
export function testOfAlerts({ series, at, firing }: AlertScenario): object {
  const all = { ...HEALTHY };
  for (const [part, values] of Object.entries(series)) all[seriesNamed(part)] = values;
  return {
    rule_files: [ALERTS_FILE],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(all).map(([name, values]) => ({ series: name, values })),
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: at,
            exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
          },
        ],
      },
    ],
  };
}

/** `unfriend_callbacks_total verdict="unavailable"`: the one series of that metric with that label. */
function seriesNamed(part: string): string {
  const [metric = '', label = ''] = part.split(' ');
  const found = Object.keys(HEALTHY).filter((name) => name.startsWith(`${metric}{`) && name.includes(label));
  if (found.length !== 1) throw new RangeError(`${part}: ${found.length} series`);
  return found[0] as string;
}
