import { join } from 'node:path';
import { after, afterEach, before } from 'node:test';
import type { Client } from '@temporalio/client';
import { endReceivers, KillableReceiver, KillableTemporal } from '../doubles/killable.ts';
import type { ProcessSettings } from '../servers/process.ts';
import { memoryFolder, startTestTemporal } from '../servers/temporal.ts';

type StageTemporal = { readonly address: string; readonly client: Client; stop(): Promise<void> };

/** What a test file of faults works with. No process outlives its test. */
export type KillableStage<Temporal extends StageTemporal> = {
  /** Of this file alone. */
  folder: string;
  /** Once the tests run. */
  readonly temporal: Temporal;
  /** Starts a receiver with a folder of its own, on this Temporal unless `settings` names another. */
  serve(settings?: ProcessSettings): Promise<KillableReceiver>;
};

/** For tests that kill Temporal too. To be called at the top of a test file. */
export function killableStage(): KillableStage<KillableTemporal> {
  return stageOn(() => KillableTemporal.start());
}

/** For tests that kill the receiver alone: other files may use the same Temporal. To be called at the top of a test file. */
export function killableReceiverStage(): KillableStage<StageTemporal> {
  return stageOn(async () => {
    const { settings, client, stop } = await startTestTemporal();
    return { address: String(settings.connectionOptions.address), client, stop };
  });
}

function stageOn<Temporal extends StageTemporal>(start: () => Promise<Temporal>): KillableStage<Temporal> {
  const folder = memoryFolder();
  let temporal: Temporal | undefined;
  let receivers = 0;
  before(async () => {
    temporal = await start();
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
