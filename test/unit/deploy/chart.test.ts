import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { createProgram } from '../../../src/cli/program.ts';
import { PACKAGE_ROOT, VERSION } from '../../../src/package-root.ts';

const CHART = join(PACKAGE_ROOT, 'deploy', 'helm', 'unfriend');
const read = (...path: string[]) => readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');

describe('deploy/helm/unfriend', () => {
  test('has the version of package.json, and installs the image of that version', () => {
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, string>;
    assert.deepEqual([chart.version, chart.appVersion], [VERSION, VERSION]);
    const { image } = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as { image: { tag: string } };
    assert.equal(image.tag, '', 'the default tag is appVersion');
  });

  test('its notes name commands that there are', () => {
    const commands = createProgram({ environment: {}, exitCode: 0 }).commands.map((each) => each.name());
    const notes = readFileSync(join(CHART, 'templates', 'NOTES.txt'), 'utf8');
    const named = [...notes.matchAll(/-- unfriend (\w+)/g)].map(([, command = '']) => command);
    assert.ok(named.length > 2);
    for (const command of named) assert.ok(commands.includes(command), command);
  });

  // Helm reads only files of the chart.
  test('has the alerts of deploy/prometheus, byte for byte', () => {
    assert.equal(
      read('deploy', 'helm', 'unfriend', 'files', 'alerts.yml'),
      read('deploy', 'prometheus', 'alerts.yml'),
    );
  });
});
