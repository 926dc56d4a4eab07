import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBackends } from '../../../src/service/backends.ts';
import { faultsOf, MINUTE, read } from '../../support/inputs/settings.ts';

const APP = { SDK_APP_ID: '1400000000' };
const KEY = { TENCENT_SECRET_KEY: 's3cr3t' };

test('the fence is off by default, and off it needs no key', async () => {
  assert.equal(read(APP, 'work').fence, undefined);
  const { backends, close } = await createBackends(read({ ...APP, ...KEY }, 'work'));
  assert.equal(backends.fence, null);
  await close();
});

test('FENCE=on with the key stands before tries that come later than FENCE_AFTER, 5 minutes by default', async () => {
  assert.deepEqual(read({ ...APP, ...KEY, FENCE: 'on' }, 'work').fence, { after: 5 * MINUTE });
  const settings = read({ ...APP, ...KEY, FENCE: 'on', FENCE_AFTER: '90s' }, 'start');
  const { backends, close } = await createBackends(settings);
  assert.equal(backends.fence?.after, 90_000);
  await close();
});

test('given FENCE=on without the secret key or the app, then a process that runs side effects does not start', () => {
  for (const role of ['work', 'start'] as const) {
    const [fault, ...more] = faultsOf({ ...APP, FENCE: 'on' }, role);
    assert.match(fault ?? '', /^TENCENT_SECRET_KEY: missing; FENCE=on needs/);
    assert.deepEqual(more, []);
  }
  assert.match(faultsOf({ ...KEY, FENCE: 'on' }, 'work').join(), /^SDK_APP_ID: missing; with FENCE=on/);
  for (const role of ['serve', 'operate', 'demo'] as const)
    assert.deepEqual(faultsOf({ ...APP, FENCE: 'on' }, role), []);
});
