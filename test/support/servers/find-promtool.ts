import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';

const FOLDER = join(PACKAGE_ROOT, '.unfriend', 'prometheus');
const UNPACKED = join(FOLDER, 'usr', 'bin', 'promtool');

/** `TEST_PROMTOOL`, else the one on the `PATH`, else the one of Debian's package, unpacked once. */
export function findPromtool(): TestServer {
  return {
    path: process.env.TEST_PROMTOOL || onPath('promtool') || ofDebian(),
    install: 'Put promtool, which is part of Prometheus, on the PATH or set TEST_PROMTOOL to it.',
  };
}

/** Unpacked, which needs no root and starts no daemon. apt checks what it downloads. */
function ofDebian(): string | undefined {
  if (existsSync(UNPACKED)) return UNPACKED;
  if (!onPath('apt-get') || !onPath('dpkg-deb')) return undefined;
  console.error(`Getting promtool from Debian's prometheus, once, into ${FOLDER} …`);
  try {
    mkdirSync(FOLDER, { recursive: true });
    execFileSync('apt-get', ['download', '-q', 'prometheus'], { cwd: FOLDER, stdio: 'pipe' });
    const archive = readdirSync(FOLDER).find((file) => /^prometheus_.*\.deb$/.test(file)) ?? '';
    execFileSync('dpkg-deb', ['-x', join(FOLDER, archive), FOLDER], { stdio: 'pipe' });
    rmSync(join(FOLDER, archive));
    return UNPACKED;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}
