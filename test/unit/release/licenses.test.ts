import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

type Locked = { dev?: boolean; optional?: boolean; version?: string };
type Manifest = { name: string; license?: string };

/** Licenses that ask for no more than to be named. */
const ALLOWED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'Unlicense',
];

/** Packages whose license stands elsewhere or is another one, and why they may be used. */
const REASONS: Record<string, string> = {
  'caniuse-lite': 'CC-BY-4.0, for data that names its source; the bundler of workflows brings it',
  unionfs: 'its README says Unlicense; the bundler of workflows brings it',
};

const { packages } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package-lock.json'), 'utf8')) as {
  packages: Record<string, Locked>;
};
/** What `npm ci --omit=dev` installs here: packages for other platforms are not there. */
const installed = Object.entries(packages)
  .filter(([path, { dev }]) => path !== '' && !dev && existsSync(join(PACKAGE_ROOT, path)))
  .map(([path]) => JSON.parse(readFileSync(join(PACKAGE_ROOT, path, 'package.json'), 'utf8')) as Manifest);

describe('the packages that production needs', () => {
  test('have licenses that allow every use', () => {
    assert.ok(installed.length > 200);
    const others = installed.filter(({ name, license = '' }) => !(name in REASONS) && !isAllowed(license));
    assert.deepEqual(
      others.map(({ name, license }) => `${name}: ${license}`),
      [],
    );
  });

  test('no reason is out of date', () => {
    for (const name of Object.keys(REASONS)) {
      const { license = '' } = installed.find((each) => each.name === name) ?? assert.fail(name);
      assert.ok(!isAllowed(license), name);
    }
  });

  test('are all there, but for those of other platforms', () => {
    const missing = Object.entries(packages).filter(
      ([path, { dev, optional }]) =>
        path !== '' && !dev && !optional && !existsSync(join(PACKAGE_ROOT, path)),
    );
    assert.deepEqual(missing, []);
  });
});

/** `Apache-2.0 AND MIT`, `(MIT OR Apache-2.0)`: every part has to be allowed. */
function isAllowed(license: string): boolean {
  const parts = license.replaceAll(/[()]/g, '').split(/ (?:AND|OR) /);
  return parts.every((part) => ALLOWED.includes(part));
}
