import { readFileSync } from 'node:fs';
import { DASHBOARD_FILE } from '../servers/prometheus.ts';

export type Panel = {
  id: number;
  type: string;
  title: string;
  gridPos: { h: number; w: number; x: number; y: number };
  datasource?: { type: string; uid: string };
  targets?: { expr: string; refId: string; datasource: { type: string; uid: string } }[];
};

/** What a reader chooses at the top of the page. */
type Variable = { name: string; type: string; query: string; current: { value: string } };

export type Dashboard = {
  uid: string;
  title: string;
  schemaVersion: number;
  templating: { list: Variable[] };
  annotations: { list: { name: string; expr: string }[] };
  links: { title: string; url: string }[];
  panels: Panel[];
};

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(DASHBOARD_FILE, 'utf8')) as Dashboard;
}

/** What it asks Prometheus, with a value for what Grafana fills in. */
export function dashboardQueries(): string[] {
  const targets = readDashboard().panels.flatMap((panel) => panel.targets ?? []);
  const annotations = readDashboard().annotations.list;
  return [...targets, ...annotations].map(({ expr }) =>
    expr.replaceAll('$__rate_interval', '1m').replaceAll('$__range', '1h').replaceAll('$instance', '.+'),
  );
}
