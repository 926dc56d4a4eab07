import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import { endReceivers, KillableReceiver, KillableTemporal } from '../doubles/killable.ts';
import type { ProcessSettings } from '../servers/process.ts';
import { memoryFolder } from '../servers/temporal.ts';

/** What a test file of faults works with. No process outlives its test. */
export type KillableStage = {
  /** Of this file alone. */
  folder: string;
  /** Once the tests run. */
  readonly temporal: KillableTemporal;
  /** Starts a receiver with a folder of its own, on this Temporal unless `settings` names another. */
  serve(settings?: ProcessSettings): Promise<KillableReceiver>;
};

/** To be called at the top of a test file. */
export function killableStage(): KillableStage {
  const folder = memoryFolder();
  let temporal: KillableTemporal | undefined;
  let receivers = 0;
  before(async () => {
    temporal = await KillableTemporal.start();
  });
  afterEach(endReceivers);
  after(async () => {
    await temporal?.stop();
    folder.remove();
  });
  return {
    folder: folder.path,
    get temporal() {
      if (!temporal) throw new Error('Temporal is started before the first test, and not earlier');
      return temporal;
    },
    serve(settings = {}) {
      receivers += 1;
      const DATA_DIR = join(folder.path, String(receivers));
      return KillableReceiver.start({ DATA_DIR, TEMPORAL_ADDRESS: this.temporal.address, ...settings });
    },
  };
}
