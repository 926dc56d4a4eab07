import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { differences, documentedJson } from '../../support/inputs/documented-json.ts';
import { FREE_PORTS, runUnfriend, UnfriendProcess } from '../../support/servers/process.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { until } from '../../support/until.ts';

const NOWHERE = '127.0.0.1:1';

type Settings = Record<string, string>;

/** What a command prints with `--json`, whether it succeeds or not. */
async function runJson<T = unknown>(args: string[], settings: Settings): Promise<T> {
  const { stdout, stderr } = await runUnfriend([...args, '--json'], settings);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as T;
}

/** @param example which of the documents that docs/commands.md shows of the command */
function assertDocumented(command: string, actual: unknown, example = 0): void {
  assert.deepEqual(differences(actual, documentedJson(command)[example]), []);
}

describe('a service with a parked delivery prints the JSON documents that docs/commands.md shows', () => {
  const folder = temporaryFolder();
  // So that `clearCaches` is parked soon.
  const broken = { CACHE_URL: `redis://${NOWHERE}`, RETRY_FOR: '1s' };
  let settings: Settings = { ...FREE_PORTS, ...broken, DATA_DIR: folder.path };
  let running: UnfriendProcess;
  let url = '';
  let deliveryId = '';

  before(async () => {
    running = new UnfriendProcess(['start'], settings);
    const { address } = await running.log('local Temporal server');
    url = String((await running.log('taking callbacks')).url);
    settings = { ...settings, TEMPORAL_ADDRESS: String(address) };
  });
  after(async () => {
    running.child.kill('SIGINT');
    await running.exit();
    folder.remove();
  });

  const untilParked = () =>
    until('a delivery that needs a person', async () => {
      const { open } = await runJson<{ open: number }>(['failed'], settings);
      return open === 1;
    });

  test('send, status and failed', async () => {
    const sent = await runJson<{ deliveryIds: string[] }>(['send', '--url', url], settings);
    assertDocumented('send', sent);
    deliveryId = String(sent.deliveryIds[0]);
    await untilParked();
    assertDocumented('status', await runJson(['status', deliveryId], settings));
    assertDocumented('failed', await runJson(['failed'], settings));
  });

  test('retry, of a delivery, of one that is not there, and of all', async () => {
    const some = await runJson<{ deliveries: { result: string }[] }>(
      ['retry', deliveryId, 'nobody'],
      settings,
    );
    assert.deepEqual(some.deliveries.map(({ result }) => result).toSorted(), ['failed', 'retried']);
    assertDocumented('retry', some);
    await untilParked();
    assertDocumented('retry', await runJson(['retry', '--all', '--yes'], settings), 1);
  });

  test('dismiss', async () => {
    await untilParked();
    assertDocumented(
      'dismiss',
      await runJson(['dismiss', deliveryId, '--reason', 'nobody needs it'], settings),
    );
  });

  test('redo', async () => {
    const args = ['redo', '--effect', 'updateSearchIndex', '--since', '1h', '--yes'];
    const redone = await until('the delivery to be finished, in lists too', async () => {
      const document = await runJson<{ started: number }>(args, settings);
      return document.started === 1 && document;
    });
    assertDocumented('redo', redone);
    assertDocumented('status', await runJson(['status', deliveryId], settings));
  });

  test('setup and check', async () => {
    assertDocumented('setup', await runJson(['setup'], settings));
    assertDocumented('check', await runJson(['check'], settings));
  });
});

describe('a receiver whose Temporal is down prints the JSON documents that docs/commands.md shows', () => {
  const folder = temporaryFolder();
  const settings = { ...FREE_PORTS, DATA_DIR: folder.path, TEMPORAL_ADDRESS: NOWHERE };
  let receiver: UnfriendProcess;

  before(async () => {
    receiver = new UnfriendProcess(['serve'], settings);
    const url = String((await receiver.log('taking callbacks')).url);
    assert.equal((await postSigned(url, {})).status, 200);
    assert.equal((await postSigned(url, { pairs: [] })).status, 400);
  });
  after(async () => {
    receiver.child.kill('SIGTERM');
    await receiver.exit();
    folder.remove();
  });

  test('journal list, quarantine and requeue', async () => {
    const list = await runJson<{ deliveries: unknown[] }>(['journal', 'list'], settings);
    assert.equal(list.deliveries.length, 1);
    assertDocumented('journal list', list);
    const quarantine = await runJson<{ entries: { id: string }[] }>(['journal', 'quarantine'], settings);
    assert.equal(quarantine.entries.length, 1);
    assertDocumented('journal quarantine', quarantine);
    const ids = quarantine.entries.map(({ id }) => id);
    assertDocumented('journal requeue', await runJson(['journal', 'requeue', ...ids], settings));
  });
});
