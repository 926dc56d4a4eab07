/** Run as a process of its own, `hold-journal-child DIR`: see hold-journal.ts. */
import { readSync, writeSync } from 'node:fs';
import { open } from 'lmdb';

const environment = open({ path: process.argv[2] ?? '', maxDbs: 8, noSubdir: false, overlappingSync: false });
environment.transactionSync(() => {
  writeSync(1, 'held\n');
  // Until the parent closes it.
  readSync(0, Buffer.alloc(1));
});
await environment.close();
