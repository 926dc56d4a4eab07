import { after, afterEach, before, beforeEach } from 'node:test';
import { memoryFolder, startTestTemporal, type TestTemporal } from '../servers/temporal.ts';

/** What the tests of a file work with. */
export type TemporalAndFolder = {
  /** One for the file, once the tests run. */
  readonly temporal: TestTemporal;
  /** An empty folder for each test, which is removed after it. */
  readonly folder: string;
  /** What has to be stopped after the test, last thing first. */
  stops: (() => Promise<void> | void)[];
};

/** To be called at the top of a test file. */
export function temporalAndFolder(): TemporalAndFolder {
  let temporal: TestTemporal | undefined;
  let folder: ReturnType<typeof memoryFolder> | undefined;
  const stops: TemporalAndFolder['stops'] = [];
  before(async () => {
    temporal = await startTestTemporal();
  });
  after(() => temporal?.stop());
  beforeEach(() => {
    folder = memoryFolder();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    folder?.remove();
  });
  return {
    stops,
    get temporal() {
      if (!temporal) throw new Error('Temporal is started before the first test, and not earlier');
      return temporal;
    },
    get folder() {
      if (!folder) throw new Error('each test has a folder, and nothing else has one');
      return folder.path;
    },
  };
}
