import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { MARKER } from '../../../src/journal/record.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { workflowId } from '../../../workflows/contract.ts';
import { PAIRS, PENDING_IDS, QUARANTINED_ID, RAW_ID } from '../../support/inputs/journal-content.ts';
import { journalFormats, unpackJournal } from '../../support/inputs/journal-fixture.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { memoryFolder, startTestTemporal } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

type Listed = { deliveries: { deliveryId: string; pairs: number }[]; damaged?: string[] };
type Quarantine = { entries: { id: string; kind: string }[] };

const PATIENCE_MS = 60_000;

const folder = memoryFolder();
after(() => folder.remove());

test('there is a journal of the format that this version writes: if not, run test/record-journal.ts', () => {
  assert.ok(journalFormats().includes(Number(MARKER[0])));
});

describe('a journal that an earlier version wrote', { concurrency: false }, () => {
  for (const format of journalFormats()) {
    test(`given format ${format}, then all of it is listed, handed over, requeued and recognised`, async (t) => {
      // All of them hold the same delivery ids.
      const temporal = await startTestTemporal({ own: true });
      t.after(() => temporal.stop());
      const dir = join(folder.path, `format-${format}`);
      unpackJournal(format, dir);
      const sdkAppId = FREE_PORTS.SDK_APP_ID ?? '';
      const settings = {
        ...FREE_PORTS,
        JOURNAL_DIR: dir,
        DATA_DIR: folder.path,
        TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      };
      const json = async <T>(...args: string[]) => {
        const { code, stdout, stderr } = await runUnfriend(['journal', ...args, '--json'], settings);
        assert.equal(code, 0, stderr);
        return JSON.parse(stdout) as T;
      };

      const { deliveries, damaged = [] } = await json<Listed>('list');
      assert.deepEqual(
        deliveries.map(({ deliveryId, pairs }) => [deliveryId, pairs]),
        PENDING_IDS.map((deliveryId) => [deliveryId, PAIRS.length]),
      );
      assert.deepEqual(damaged, []);
      const store = await JournalStore.open({ dir, readOnly: true });
      for (const id of PENDING_IDS) assert.equal(store.findSeen(id)?.deliveryId, id);
      await store.close();
      const { entries } = await json<Quarantine>('quarantine');
      const requeued = entries.filter(({ kind }) => kind !== 'damaged');
      assert.deepEqual(
        requeued.map(({ kind }) => kind),
        ['delivery', 'raw'],
      );

      const receiver = new UnfriendProcess(['serve'], settings);
      try {
        await receiver.log('taking callbacks', PATIENCE_MS);
        await json('requeue', ...requeued.map(({ id }) => id));
        for (const deliveryId of [...PENDING_IDS, QUARANTINED_ID, RAW_ID]) {
          const handle = temporal.client.workflow.getHandle(workflowId({ sdkAppId, deliveryId }));
          const started = await until(
            `${deliveryId} to be started`,
            () => handle.fetchHistory().catch(() => undefined),
            PATIENCE_MS,
          );
          const { input } = started.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
          const { pairs } = JSON.parse(String(Buffer.from(input?.payloads?.[0]?.data ?? [])));
          assert.deepEqual(pairs, PAIRS);
        }
        const list = await json<Listed>('list');
        assert.deepEqual(list.deliveries, []);
        assert.equal((await json<Quarantine>('quarantine')).entries.length, entries.length - requeued.length);
      } finally {
        receiver.child.kill('SIGTERM');
        await receiver.exit();
      }
    });
  }
});
