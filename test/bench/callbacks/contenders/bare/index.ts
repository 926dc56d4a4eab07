import { fileURLToPath } from 'node:url';
import { startTypeScript } from '../../start-type-script.ts';
import type { Contender } from '../contender.ts';
import { followWorkflows } from '../shared/temporal.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What Temporal itself costs: workflows whose activities do nothing. */
export const BARE: Contender[] = [
  bare('threeActivities', 'three no-op activities', 'a workflow with three activities that do nothing'),
  bare(
    'threeLocalActivities',
    'three no-op local activities',
    'a workflow with three local activities that do nothing',
  ),
  bare('nothing', 'an empty workflow', 'a workflow that does nothing'),
];

function bare(workflow: string, label: string, meaning: string): Contender {
  return {
    name: `bare-${workflow}`,
    label,
    meaning: `${meaning}, started before the answer`,
    bare: true,
    on: 'temporal',
    async start({ temporal, cleanup }) {
      const env = { TEMPORAL_ADDRESS: temporal.address, WORKFLOW: workflow };
      const worker = await startTypeScript(file('worker.ts'), { env }, cleanup);
      const receiver = await startTypeScript(file('receiver.ts'), { env }, cleanup);
      return {
        url: `http://127.0.0.1:${receiver}/`,
        ports: { receiver, worker, ...temporal.ports },
        ...(temporal.databaseUrl && { databaseUrl: temporal.databaseUrl }),
        ...followWorkflows(temporal, workflow, `${workflow}-`),
      };
    },
  };
}
