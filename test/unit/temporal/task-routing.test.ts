import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeShare, readRouting, shareOf } from '../../../src/temporal/task-routing.ts';

const OLD = { deploymentName: 'unfriend', buildId: '1' };
const NEW = { deploymentName: 'unfriend', buildId: '2' };
const UNVERSIONED = undefined;

describe('which workers get the tasks of a task queue', () => {
  test('given a server that says nothing about versions, then workers without a version get all of it', () => {
    for (const said of [undefined, null, {}, { currentVersion: '__unversioned__' }]) {
      assert.equal(shareOf(UNVERSIONED, readRouting(said)), 100);
      assert.equal(shareOf(NEW, readRouting(said)), 0);
    }
  });

  test('given a current version, then it gets all, and neither the others nor workers without a version get any', () => {
    const routing = readRouting({ currentDeploymentVersion: OLD });
    assert.deepEqual(
      [OLD, NEW, UNVERSIONED].map((version) => shareOf(version, routing)),
      [100, 0, 0],
    );
    const other = { deploymentName: 'another', buildId: '1' };
    assert.equal(shareOf(other, routing), 0);
  });

  test('given a ramp, then it is shared between the two, also to and from workers without a version', () => {
    const ramp = { rampingDeploymentVersion: NEW, rampingVersionPercentage: 25 };
    const between = readRouting({ currentDeploymentVersion: OLD, ...ramp });
    assert.deepEqual(
      [OLD, NEW, UNVERSIONED].map((version) => shareOf(version, between)),
      [75, 25, 0],
    );
    const from = readRouting(ramp);
    assert.deepEqual(
      [OLD, NEW, UNVERSIONED].map((version) => shareOf(version, from)),
      [0, 25, 75],
    );
    const to = readRouting({ currentDeploymentVersion: OLD, rampingVersionPercentage: 100 });
    assert.deepEqual(
      [OLD, NEW, UNVERSIONED].map((version) => shareOf(version, to)),
      [0, 0, 100],
    );
  });

  test('in words: current, ramping, or without work, with the command that makes it current', () => {
    const say = (said: Parameters<typeof readRouting>[0]) => describeShare(NEW, readRouting(said), 'chat');
    assert.equal(say({ currentDeploymentVersion: NEW }), 'build 2 of unfriend is current');
    const ramp = {
      currentDeploymentVersion: OLD,
      rampingDeploymentVersion: NEW,
      rampingVersionPercentage: 12.5,
    };
    const shares = '12.5 % of the work goes to build 2 of unfriend, the rest to build 1 of unfriend';
    assert.equal(say(ramp), `build 2 of unfriend is ramping: ${shares}`);
    assert.equal(describeShare(OLD, readRouting(ramp), 'chat'), `build 1 of unfriend is current: ${shares}`);
    const command =
      'temporal worker deployment set-current-version --namespace chat --deployment-name unfriend --build-id 2';
    const without = (who: string) =>
      `build 2 of unfriend gets no work: all of the work goes to ${who}. To make it current: ${command}`;
    assert.equal(say({ currentDeploymentVersion: OLD }), without('build 1 of unfriend'));
    assert.equal(say({}), without('the workers without DEPLOYMENT_NAME'));
    const away = {
      currentDeploymentVersion: NEW,
      rampingDeploymentVersion: OLD,
      rampingVersionPercentage: 100,
    };
    assert.equal(say(away), without('build 1 of unfriend'));
  });
});
