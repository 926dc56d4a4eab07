import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { checkJournal } from '../../../src/cli/check/check-journal.ts';
import { readSettings } from '../../../src/config/settings.ts';
import { type OperationMessage, operate } from '../../../src/journal/operate/operate.ts';
import { JournalStore } from '../../../src/journal/store.ts';
import { pendingDelivery } from '../../support/inputs/journal-damage.ts';
import { keysOf, payloadKeysOf } from '../../support/inputs/payload-keys.ts';
import { temporaryFolder } from '../../support/servers/temporal.ts';
import { SDK_APP_ID } from '../../support/stages/receiver.ts';

describe('a command on an encrypted journal', () => {
  const folder = temporaryFolder();
  const { path: dir } = folder;
  before(async () => {
    const store = await JournalStore.open({ dir, payloadKeys: keysOf('k1') });
    await store.append([{ pending: pendingDelivery('delivery-1'), seenKey: 'delivery-1' }]);
    await store.close();
  });
  after(() => folder.remove());

  const check = async (PAYLOAD_KEYS: string) => {
    const settings = readSettings({ SDK_APP_ID, JOURNAL_DIR: dir, PAYLOAD_KEYS }, 'operate');
    return (await checkJournal(settings)).find(({ component }) => component === 'journal');
  };

  test('check finds a journal whose key is there in order', async () => {
    assert.equal((await check(payloadKeysOf('k2', 'k1')))?.state, 'ok');
  });

  test('check names the key that the oldest delivery waits for', async () => {
    const finding = await check(payloadKeysOf('k2'));
    assert.equal(finding?.state, 'fault');
    assert.match(finding?.message ?? '', /encrypted with the key k1, which PAYLOAD_KEYS lacks/);
  });

  test('no key is among the arguments of the process that reads the journal', async () => {
    const messages: OperationMessage[] = [];
    let argumentsOfAll = '';
    await operate(dir, { kind: 'list', limit: 10, payloadKeys: keysOf('k1') }, (message) => {
      messages.push(message);
      argumentsOfAll += readArguments();
    });
    assert.equal(messages.find(({ kind }) => kind === 'pending')?.kind, 'pending');
    assert.match(argumentsOfAll, /operate-child/);
    const [, secret = ''] = payloadKeysOf('k1').split(':');
    for (const form of [secret, Buffer.from(secret, 'base64').toString('hex'), 'secret', 'k1'])
      assert.ok(!argumentsOfChildren(argumentsOfAll).includes(form), form);
  });
});

/** The arguments of every process of this machine. */
function readArguments(): string {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(argumentsOf).join('\n');
}

function argumentsOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return 'gone';
  }
}

function argumentsOfChildren(all: string): string {
  return all
    .split('\n')
    .filter((line) => line.includes('operate-child'))
    .join('\n');
}
