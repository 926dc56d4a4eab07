/**
 * Writes a journal of the format that this version writes, for `e2e/receiver/journal-formats.test.ts`: run
 * `npm run build && npx tsx test/record-journal.ts` once when the format changes. A receiver writes it, as in production.
 */
import { join } from 'node:path';
import { MARKER } from '../src/journal/record.ts';
import { JournalStore } from '../src/journal/store.ts';
import { postSigned } from './support/inputs/callbacks.ts';
import { PAIRS, PENDING_IDS, QUARANTINED } from './support/inputs/journal-content.ts';
import { keepJournal } from './support/inputs/journal-fixture.ts';
import { findTestServers } from './support/servers/find-servers.ts';
import { FREE_PORTS, UnfriendProcess } from './support/servers/process.ts';
import { temporaryFolder } from './support/servers/temporal.ts';

process.env.TEST_TEMPORAL_CLI ??= (await findTestServers(['temporalCli'])).temporalCli.path;
const folder = temporaryFolder();
const dir = join(folder.path, 'journal');
const receiver = new UnfriendProcess(['serve'], {
  ...FREE_PORTS,
  JOURNAL_DIR: dir,
  DATA_DIR: folder.path,
  // Nobody listens there, so what was acknowledged stays pending.
  TEMPORAL_ADDRESS: '127.0.0.1:1',
});
try {
  const { url } = await receiver.log('taking callbacks');
  for (const requestId of PENDING_IDS) {
    const answer = await postSigned(String(url), { requestId, pairs: PAIRS });
    if (answer.status !== 200) throw new Error(`answered ${answer.status}`);
  }
  receiver.child.kill('SIGTERM');
  await receiver.exit();
  const store = await JournalStore.open({ dir });
  for (const quarantined of QUARANTINED) await store.addQuarantined(quarantined);
  await store.close();
  keepJournal(Number(MARKER[0]), dir);
} finally {
  await receiver.kill();
  folder.remove();
}
