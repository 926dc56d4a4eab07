import { onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** `CHROMIUM_PATH`, else Chromium or Chrome on the `PATH`. */
export function findChromium(): TestServer {
  return {
    path: process.env.CHROMIUM_PATH || NAMES.map(onPath).find((path) => path !== undefined),
    install: 'On Debian: apt-get install chromium; elsewhere set CHROMIUM_PATH to Chromium or Chrome.',
  };
}
