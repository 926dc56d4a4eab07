import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { VERSION } from '../../../src/package-root.ts';
import { postSigned } from '../../support/inputs/callbacks.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../../support/servers/process.ts';
import { startTestTemporal, type TestTemporal, temporaryFolder } from '../../support/servers/temporal.ts';
import { NO_TERMINAL, UnfriendOnTerminal } from '../../support/servers/terminal.ts';
import { until } from '../../support/until.ts';

const folder = temporaryFolder();
let temporal: TestTemporal;
before(async () => {
  temporal = await startTestTemporal();
});
after(async () => {
  await temporal?.stop();
  folder.remove();
});

function settings(taskQueue: string, more: ProcessSettings = {}): ProcessSettings {
  return {
    ...FREE_PORTS,
    DATA_DIR: `${folder.path}/${taskQueue}`,
    TASK_QUEUE: taskQueue,
    TEMPORAL_ADDRESS: temporal.settings.connectionOptions.address ?? '',
    ...more,
  };
}

describe('the log of `unfriend start`', () => {
  test('on a terminal, a start and one delivery are at most ten lines, from which a person sees what was done', {
    skip: NO_TERMINAL,
  }, async () => {
    const running = new UnfriendOnTerminal('start', settings('log-terminal'));
    try {
      const [, url = ''] = await running.line(/taking callbacks: (http\S+\/),/);
      await postSigned(url, { requestId: 'ab44fa3e-5c17-447b-997f-1e951fd13687' });
      await running.line(/ delivery done/);
      const { lines } = running;
      assert.ok(lines.length <= 10, lines.join('\n'));
      for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d (INFO|WARN) \w/);
      for (const sideEffect of ['clearCaches', 'updateSearchIndex', 'notifyUsers']) {
        const expected = new RegExp(`^\\S+ INFO ab44fa3e ${sideEffect} done: 3 pairs, \\d+ ms$`);
        assert.equal(lines.filter((line) => expected.test(line)).length, 1, lines.join('\n'));
      }
      assert.match(lines.at(-1) ?? '', / INFO ab44fa3e delivery done: 3 pairs, \d+ ms$/);
    } finally {
      await running.interrupt();
    }
  });

  test('during an outage, each delivery has one line when a side effect fails and one when it is parked, and the retries are summed up', async () => {
    const count = 30;
    const running = new UnfriendProcess(
      ['start'],
      settings('log-outage', { CACHE_URL: 'redis://127.0.0.1:1', RETRY_FOR: '10s' }),
    );
    try {
      const { url } = await running.log('taking callbacks');
      const post = (_: unknown, number: number) => postSigned(String(url), { requestId: `outage-${number}` });
      await Promise.all(Array.from({ length: count }, post));
      const lines = (message: string) => running.logs().filter(({ msg }) => String(msg).startsWith(message));
      await until('30 parked', () => lines('side effect parked').length === count, 120_000);

      for (const message of ['side effect failed', 'side effect parked']) {
        const ids = lines(message).map(({ deliveryId, sideEffect }) => `${deliveryId} ${sideEffect}`);
        assert.equal(new Set(ids).size, count, message);
        assert.equal(ids.length, count, message);
        for (const { type, reason } of lines(message)) {
          assert.equal(type, 'Unreachable');
          assert.match(String(reason), /ECONNREFUSED/);
        }
      }
      const summedUp = () =>
        lines('side effect still fails').reduce((sum, { tries }) => sum + Number(tries), 0);
      await until('the summary of the repeats', () => summedUp() > count, 30_000);
      await until('the other two side effects', () => lines('side effect done').length === 2 * count);
      // Answered, handed over, two side effects done, one failed, and the same one parked.
      const about = running.logs().filter(({ deliveryId }) => deliveryId !== undefined);
      assert.equal(about.length, 6 * count);
      assert.ok(running.logs().length < 7 * count);
      assert.doesNotMatch(running.stderr, /\bat \S+ \(/);
    } finally {
      await running.kill();
    }
  });
});

describe('the first line of a log', () => {
  const build = { DEPLOYMENT_NAME: 'unfriend', BUILD_ID: 'first-line' };
  for (const command of ['start', 'serve', 'work'] as const) {
    test(`of ${command} says the version, and the build id where one is set`, async () => {
      const process = new UnfriendProcess([command], settings(`first-line-${command}`, build));
      try {
        await process.log('health, readiness and metrics', 60_000);
        const { time: _time, ...first } = process.logs()[0] ?? {};
        assert.deepEqual(first, {
          level: 'info',
          command,
          version: VERSION,
          deploymentName: 'unfriend',
          buildId: 'first-line',
          msg: 'starting',
        });
      } finally {
        await process.kill();
      }
    });
  }
});
