import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { AttentionStage } from '../../support/stages/attention-stage.ts';

let stage: AttentionStage;
before(async () => {
  stage = await AttentionStage.start();
});
after(() => stage.temporal.stop());

describe('wrong usage of retry and dismiss ends with 2, and does nothing', () => {
  const wrong: [string[], RegExp][] = [
    [['retry'], /give delivery ids, or --all/],
    [['retry', 'x', '--all', '--yes'], /not both/],
    [['retry', 'x', '--yes'], /--yes goes with --all/],
    [['retry', 'x', '--effect', 'clearCache'], /Allowed choices are clearCaches/],
    [['retry', 'x', '--rate', '0'], /whole number/],
    [['dismiss', 'x'], /--reason/],
    [['dismiss', 'x', '--reason', ' '], /--reason/],
    [['retry', '--all'], /no terminal to ask on: add --yes, or --dry-run/],
    [['failed', '--older-than', '5'], /a duration with its unit/],
  ];
  for (const [args, message] of wrong) {
    test(args.join(' '), async () => {
      const { code, stdout, stderr } = await stage.unfriend(...args);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});
