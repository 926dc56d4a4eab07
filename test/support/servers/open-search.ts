import { execFileSync } from 'node:child_process';
import { until } from '../until.ts';
import { DOCKER, findOpenSearch, findOwnOpenSearch, isUrl } from './find-search-servers.ts';
import { JavaSearchServer } from './java-search-server.ts';
import { OPEN_SEARCH } from './search-products.ts';

const START_MS = 120_000;
const IMAGE = 'opensearchproject/opensearch:3';

export type SearchServer = { url: string; stop(): Promise<void> };

/** The one that the runner started for all tests; one of its own for a test file that is run alone. */
export async function startTestOpenSearch(): Promise<SearchServer> {
  const { path, install } = findOpenSearch();
  if (!path) throw new Error(install);
  return startOpenSearch(path);
}

/** One of a test's own, that can be killed. */
export async function startOwnOpenSearch(): Promise<JavaSearchServer> {
  const { path, install } = findOwnOpenSearch();
  if (!path) throw new Error(install);
  return JavaSearchServer.start(OPEN_SEARCH, path);
}

/** @param how as `findOpenSearch` found it */
export async function startOpenSearch(how: string): Promise<SearchServer> {
  if (isUrl(how)) return { url: how.replace(/\/$/, ''), stop: async () => undefined };
  return how === DOCKER ? startInDocker() : JavaSearchServer.start(OPEN_SEARCH, how);
}

async function startInDocker(): Promise<SearchServer> {
  const settings = [
    'discovery.type=single-node',
    'DISABLE_SECURITY_PLUGIN=true',
    'OPENSEARCH_JAVA_OPTS=-Xmx1g',
  ];
  const env = [...settings, 'DISABLE_INSTALL_DEMO_CONFIG=true'].flatMap((setting) => ['-e', setting]);
  const run = ['run', '--rm', '-d', '-p', '127.0.0.1::9200', ...env, IMAGE];
  const container = execFileSync(DOCKER, run, { stdio: 'pipe' }).toString().trim();
  const stop = async () => void execFileSync(DOCKER, ['kill', container], { stdio: 'ignore' });
  try {
    const port = execFileSync(DOCKER, ['port', container, '9200']).toString().split(':').pop()?.trim();
    const url = `http://127.0.0.1:${port}`;
    const isUp = async () => (await fetch(url).catch(() => undefined))?.ok;
    await until('OpenSearch to start', isUp, START_MS);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
