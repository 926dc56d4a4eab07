import { fileURLToPath } from 'node:url';
import { startTypeScript } from '../../start-type-script.ts';
import type { Contender } from '../contender.ts';
import { followWorkflows } from '../shared/temporal.ts';

const file = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** What most would write after Temporal's samples. */
export const OBVIOUS: Contender = {
  name: 'obvious',
  label: 'the obvious Temporal design',
  meaning: 'the workflow is started before the answer; one activity per pair and side effect',
  on: 'temporal',
  async start({ temporal, effects, cleanup }) {
    const env = { TEMPORAL_ADDRESS: temporal.address, ...effects.env };
    const worker = await startTypeScript(file('worker.ts'), { env }, cleanup);
    const receiver = await startTypeScript(file('receiver.ts'), { env }, cleanup);
    return {
      url: `http://127.0.0.1:${receiver}/`,
      ports: { receiver, worker, ...temporal.ports },
      ...(temporal.databaseUrl && { databaseUrl: temporal.databaseUrl }),
      ...followWorkflows(temporal, 'processFriendDeletion', 'friend-deletion-'),
    };
  },
};
