import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import { AllowedClients } from '../../../../src/http/clients/allowed-clients.ts';
import { VendorList } from '../../../../src/http/clients/vendor-list.ts';
import { createLogger } from '../../../../src/telemetry/logger.ts';
import { temporaryFolder } from '../../../support/servers/temporal.ts';
import { until } from '../../../support/until.ts';

const HOUR = 60 * 60 * 1_000;
const DAY = 24 * HOUR;
const VENDOR = '203.0.113.9';
const OTHER = '192.0.2.7';

const folder = temporaryFolder();
const opened: VendorList[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((list) => list.stop()));
});
after(() => folder.remove());

let files = 0;
function freshFile(kept?: object | string): string {
  files += 1;
  const file = join(folder.path, String(files), 'list.json');
  if (kept !== undefined) {
    mkdirSync(join(folder.path, String(files)));
    writeFileSync(file, typeof kept === 'string' ? kept : JSON.stringify(kept));
  }
  return file;
}

function open(file: string, fetch: () => Promise<string[]>): { list: VendorList; logs: () => string } {
  let logs = '';
  const logger = createLogger('debug', {
    write: (line) => {
      logs += line;
    },
  });
  const list = VendorList.open({ file, fetch, logger });
  opened.push(list);
  return { list, logs: () => logs };
}

const unreachable = () => Promise.reject(new Error('no answer (ECONNREFUSED)'));
const neverAsked = () => assert.fail('the vendor is not asked');

describe("the vendor's list of addresses", () => {
  test('is fetched at the start, refuses others from then on, and is kept for the next start', async () => {
    const file = freshFile();
    const { list } = open(file, async () => [VENDOR, '2001:db8::/32']);
    assert.equal(list.allows(OTHER), true);
    await until('the list', () => list.isEnforced);
    assert.deepEqual(
      [VENDOR, OTHER, '2001:db8::7'].map((each) => list.allows(each)),
      [true, false, true],
    );
    await until('the file', () => existsSync(file) && readFileSync(file, 'utf8').includes(VENDOR));
    const next = open(file, neverAsked);
    assert.equal(next.list.isEnforced, true);
    assert.equal(next.list.allows(VENDOR), true);
  });

  test('that could not be had refuses nobody, and the log and the readiness say so', async () => {
    const { list, logs } = open(freshFile(), unreachable);
    await until('a failed try', () => logs().includes("Tencent's list of addresses could not be had"));
    assert.match(logs(), /"level":"error".*ECONNREFUSED.*everyone is let in/);
    assert.equal(list.allows(OTHER), true);
    const allowed = new AllowedClients({ ranges: [], vendor: list, trustedProxies: [] });
    const request = { socket: { remoteAddress: OTHER } as never, headers: {} };
    assert.equal(allowed.refusedAddress(request), undefined);
    assert.equal(allowed.refusedAddress({ ...request, socket: {} as never }), undefined);
    assert.match(allowed.describe(), /could not be had yet: everyone is let in/);
  });

  for (const [what, answer] of [
    ['is empty', []],
    ['has no address in it', ['localhost', '']],
  ] as const) {
    test(`that ${what} refuses nobody`, async () => {
      const { list, logs } = open(freshFile(), async () => [...answer]);
      await until('a failed try', () => logs().includes('could not be had'));
      assert.equal(list.allows(OTHER), true);
    });
  }

  test('of an earlier run counts while the vendor does not answer, for seven days', async () => {
    for (const [age, isEnforced] of [
      [2 * DAY, true],
      [6.9 * DAY, true],
      [7.1 * DAY, false],
    ] as const) {
      const file = freshFile({ fetchedAt: Date.now() - age, addresses: [VENDOR] });
      const { list, logs } = open(file, unreachable);
      await until('a failed try', () => logs().includes('could not be had'));
      assert.equal(list.isEnforced, isEnforced, `${age}`);
      assert.deepEqual([list.allows(VENDOR), list.allows(OTHER)], [true, !isEnforced]);
    }
  });

  test('is fetched anew once it is a day old, and not before', async () => {
    const old = freshFile({ fetchedAt: Date.now() - 25 * HOUR, addresses: [OTHER] });
    const { list } = open(old, async () => [VENDOR]);
    await until('the new list', () => list.allows(VENDOR));
    assert.equal(list.allows(OTHER), false);
    const young = freshFile({ fetchedAt: Date.now() - 23 * HOUR, addresses: [VENDOR] });
    assert.equal(open(young, neverAsked).list.allows(VENDOR), true);
  });

  test('is fetched anew when an unknown address posts, and no more than once for many of them', async () => {
    let asked = 0;
    const file = freshFile({ fetchedAt: Date.now() - HOUR, addresses: [OTHER] });
    const { list } = open(file, async () => {
      asked += 1;
      return [VENDOR];
    });
    assert.equal(list.allows(VENDOR), false);
    await until('the new list', () => list.allows(VENDOR));
    for (let index = 0; index < 100; index += 1) assert.equal(list.allows(`198.51.100.${index}`), false);
    assert.equal(asked, 1);
  });

  for (const [what, kept] of [
    ['is damaged', '{"fetchedAt":1'],
    ['has another form', { addresses: 'all' }],
    ['has no address in it', { fetchedAt: Date.now(), addresses: ['nobody'] }],
  ] as const) {
    test(`whose file ${what} is fetched as if there were none`, async () => {
      const { list } = open(freshFile(kept), async () => [VENDOR]);
      assert.equal(list.isEnforced, false);
      await until('the list', () => list.isEnforced);
    });
  }

  test('whose file cannot be written is used all the same', async () => {
    const file = join(freshFile('a file and no folder'), 'list.json');
    const { list, logs } = open(file, async () => [VENDOR]);
    await until('the warning', () => logs().includes('could not be kept for the next start'));
    assert.equal(list.allows(OTHER), false);
  });
});
