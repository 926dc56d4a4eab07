/**
 * Answers once DBOS has the workflow, as its README does with webhooks: the request's id is the workflow's. The process that
 * takes the callback also does the work.
 */
import { DBOS } from '@dbos-inc/dbos-sdk';
import { clearCaches, notifyUsers, type Pair, updateSearchIndex } from '../shared/effects.ts';
import { receive } from '../shared/receive.ts';

const RETRIED = { retriesAllowed: true, maxAttempts: 10 };

const processFriendDeletion = DBOS.registerWorkflow(
  async ({ id, pairs }: { id: string; pairs: Pair[] }) => {
    const steps = pairs.flatMap((pair) => [
      DBOS.runStep(() => clearCaches(pair), { name: 'clearCaches', ...RETRIED }),
      DBOS.runStep(() => updateSearchIndex(pair), { name: 'updateSearchIndex', ...RETRIED }),
      DBOS.runStep(() => notifyUsers(pair, id), { name: 'notifyUsers', ...RETRIED }),
    ]);
    // As DBOS asks for: with Promise.all a workflow could fail while its other steps still run.
    const settled = await Promise.allSettled(steps);
    const failed = settled.find((step) => step.status === 'rejected');
    if (failed) throw failed.reason;
  },
  { name: 'processFriendDeletion' },
);

DBOS.setConfig({
  name: 'friend-deletion',
  systemDatabaseUrl: String(process.env.DATABASE_URL),
  logLevel: 'error',
});
await DBOS.launch();
receive((callback) => DBOS.startWorkflow(processFriendDeletion, { workflowID: callback.id })(callback));
