import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf, read } from '../../support/inputs/settings.ts';

const APP = { SDK_APP_ID: '1400000000' };

describe('DEPLOYMENT_NAME and BUILD_ID', () => {
  test('without them workers have no version; with both they have', () => {
    assert.equal(read(APP, 'work').workerVersion, undefined);
    assert.deepEqual(
      read({ ...APP, DEPLOYMENT_NAME: 'chat/unfriend', BUILD_ID: 'sha256:4f2a' }, 'work').workerVersion,
      { deploymentName: 'chat/unfriend', buildId: 'sha256:4f2a' },
    );
  });

  for (const role of ['work', 'serve', 'start', 'operate'] as const) {
    test(`given one without the other, then it is a fault of ${role}, which names the one that is missing`, () => {
      assert.match(faultsOf({ ...APP, BUILD_ID: '1' }, role).join('\n'), /^DEPLOYMENT_NAME: missing; /);
      assert.match(
        faultsOf({ ...APP, DEPLOYMENT_NAME: 'unfriend' }, role).join('\n'),
        /^BUILD_ID: missing; /,
      );
    });
  }

  const refused: [name: string, value: string][] = [
    ['DEPLOYMENT_NAME', 'unfriend.chat'],
    ['DEPLOYMENT_NAME', 'unfriend:chat'],
    ['DEPLOYMENT_NAME', '__unversioned__'],
    ['DEPLOYMENT_NAME', 'a'.repeat(101)],
    ['BUILD_ID', '__unversioned__'],
    ['BUILD_ID', 'two words'],
    ['BUILD_ID', "it's"],
    ['BUILD_ID', 'a'.repeat(101)],
  ];
  for (const [name, value] of refused) {
    test(`given a name that Temporal or a shell would misread, then it is a fault: ${name}=${value.slice(0, 20)}`, () => {
      const others = { DEPLOYMENT_NAME: 'unfriend', BUILD_ID: '1' };
      const faults = faultsOf({ ...APP, ...others, [name]: value }, 'work');
      assert.equal(faults.length, 1, faults.join('\n'));
      assert.match(faults[0] ?? '', new RegExp(`^${name}: expected letters, digits and`));
    });
  }

  test('the demo ignores them: on its own server no version is current, so nothing would be done', () => {
    assert.equal(read({ DEPLOYMENT_NAME: 'unfriend', BUILD_ID: '1' }, 'demo').workerVersion, undefined);
    assert.equal(read({ BUILD_ID: '1' }, 'demo').workerVersion, undefined);
  });
});
