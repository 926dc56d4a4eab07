import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { DOCKER, findOpenSearch, isUrl, OPEN_SEARCH_JARS } from './find-open-search.ts';
import { temporaryFolder } from './temporal.ts';
import { until } from './until.ts';

const START_MS = 120_000;
const IMAGE = 'opensearchproject/opensearch:3';
/** The runner tries this port plus one and up, and gives up above 9299. */
const BASE_PORT = 9280;

/** Ends the server with whoever started it, `kill -9` included: then its standard input closes. */
const GUARDIAN = 'exec 3<&0; "$@" & child=$!; (read -r _ <&3; kill -9 $child) & wait $child';

export type OpenSearchServer = { url: string; stop(): Promise<void> };

/** The one that the runner started for all tests; one of its own for a test file that is run alone. */
export async function startTestOpenSearch(): Promise<OpenSearchServer> {
  const { path, install } = findOpenSearch();
  if (!path) throw new Error(install);
  return startOpenSearch(path);
}

/** @param how as `findOpenSearch` found it */
export async function startOpenSearch(how: string): Promise<OpenSearchServer> {
  if (isUrl(how)) return { url: how.replace(/\/$/, ''), stop: async () => undefined };
  return how === DOCKER ? startInDocker() : startOnJava(how);
}

async function startOnJava(java: string): Promise<OpenSearchServer> {
  const folder = temporaryFolder();
  const child = spawn('sh', ['-c', GUARDIAN, 'sh', java, ...javaArguments(folder.path)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: folder.path,
  });
  try {
    const address = await published(child);
    return {
      url: `http://${address}`,
      async stop() {
        await end(child);
        folder.remove();
      },
    };
  } catch (error) {
    await end(child);
    folder.remove();
    throw error;
  }
}

function javaArguments(folder: string): string[] {
  const jvm = ['-Xmx1g', '-XX:+UseSerialGC', '-cp', `${OPEN_SEARCH_JARS}/*`];
  return [
    ...[...jvm, 'org.codelibs.opensearch.runner.OpenSearchRunner', '-useLogger', '-numOfNode', '1'],
    // Servers of one cluster name would find each other and join.
    ...['-clusterName', `unfriend-test-${process.pid}`, '-basePath', folder],
    ...['-baseHttpPort', String(BASE_PORT)],
  ];
}

/** Where it listens, as it says itself: the port is of its own choice. */
async function published(child: ChildProcess): Promise<string> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return until(
    'OpenSearch to start',
    () => {
      if (child.exitCode !== null) throw new Error(`OpenSearch ended:\n${output.slice(-2_000)}`);
      if (!/\.Node +\] .*started$/m.test(output)) return undefined;
      return /HttpServerTransport\] publish_address \{([^}]+)\}/.exec(output)?.[1];
    },
    START_MS,
  );
}

async function end(child: ChildProcess): Promise<void> {
  child.stdin?.end();
  await until('OpenSearch to end', () => child.exitCode !== null || child.signalCode !== null);
}

async function startInDocker(): Promise<OpenSearchServer> {
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
