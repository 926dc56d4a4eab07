import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { freePort } from '../../../src/temporal/local/free-port.ts';
import type { Certificate } from '../inputs/certificates.ts';
import { until } from '../until.ts';
import { DOCKER, REDIS_IMAGE } from './find-backends.ts';
import { temporaryFolder } from './temporal.ts';
import { startTlsFront } from './tls-front.ts';

type TestRedisOptions = {
  /** More of `redis-server`'s command line. */
  args?: string[];
  /** How the test itself connects, where the server wants more than an address. */
  client?: Pick<RedisOptions, 'username' | 'password' | 'tls'>;
  /** It speaks TLS alone, with this certificate. */
  tls?: Certificate & { certFile: string; keyFile: string };
};

/** A real Redis of one test's own, on a free port. */
export class TestRedis {
  readonly port: number;
  readonly #folder = temporaryFolder();
  readonly #options: TestRedisOptions;
  readonly #containers = `unfriend-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
  #child: ChildProcess | undefined;
  #front: { stop(): void } | undefined;

  static async start(options: TestRedisOptions = {}): Promise<TestRedis> {
    const server = new TestRedis(await freePort(), options);
    await server.start();
    return server;
  }

  private constructor(port: number, options: TestRedisOptions) {
    this.port = port;
    this.#options = options;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, again too: on the same port and folder. */
  async start(): Promise<void> {
    const { tls } = this.#options;
    if (!tls) return this.#run(['--port', String(this.port)]);
    const { certFile, keyFile } = tls;
    const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
    try {
      await this.#run(['--port', '0', '--tls-port', String(this.port), ...files, '--tls-auth-clients', 'no']);
    } catch (error) {
      // One that was built without TLS says so and ends. Then a proxy ends TLS before it, as in many a production.
      if (!/TLS/.test((error as Error).message)) throw error;
      const behind = await freePort();
      await this.#run(['--port', String(behind)]);
      this.#front = await startTlsFront({ port: this.port, to: behind, certificate: tls });
    }
  }

  async #run(ports: string[]): Promise<void> {
    const own = ['--bind', '127.0.0.1', '--dir', this.#folder.path, '--save', ''];
    const args = [...ports, ...own, ...(this.#options.args ?? [])];
    const [command, ...rest] = this.#command(args);
    const child = spawn(command as string, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
    await until(`redis-server on port ${this.port}`, () => {
      if (child.exitCode !== null) throw new Error(`redis-server ended:\n${output}`);
      return output.includes('Ready to accept connections');
    });
  }

  /** A client of the test's own, to look at what is there. */
  async use<T>(act: (client: Redis) => Promise<T>): Promise<T> {
    const client = new Redis({ port: this.port, host: '127.0.0.1', ...this.#options.client });
    // A command that fails says so itself.
    client.on('error', () => undefined);
    try {
      return await act(client);
    } finally {
      client.disconnect();
    }
  }

  /** Whether it answers is up to SIGSTOP and SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (isDocker()) execFileSync(DOCKER, [signal === 'SIGSTOP' ? 'pause' : 'unpause', this.#containers]);
    else this.#child?.kill(signal);
  }

  /** Ends it as `kill -9` does. */
  async kill(): Promise<void> {
    this.#front?.stop();
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    if (isDocker()) execFileSync(DOCKER, ['kill', this.#containers], { stdio: 'ignore' });
    else child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#folder.remove();
  }

  #command(args: string[]): string[] {
    const server = redisServer();
    if (server !== DOCKER) return [server, ...args];
    const { path } = this.#folder;
    const run = ['run', '--rm', '--network', 'host', '--name', this.#containers, '-v', `${path}:${path}`];
    return [DOCKER, ...run, REDIS_IMAGE, 'redis-server', ...args];
  }
}

/** The program that the runner found; one on the `PATH` when a test file is run alone. */
function redisServer(): string {
  return process.env.TEST_REDIS_SERVER || 'redis-server';
}

function isDocker(): boolean {
  return redisServer() === DOCKER;
}

/** Starts three nodes and makes them a cluster, a third of the slots each. */
export async function startRedisCluster(): Promise<TestRedis[]> {
  const nodes = await Promise.all([0, 1, 2].map(startNode));
  const [first] = nodes as [TestRedis];
  await Promise.all(
    nodes.map((node, index) =>
      node.use(async (client) => {
        const [from, to] = [Math.ceil((index * 16_384) / 3), Math.ceil(((index + 1) * 16_384) / 3) - 1];
        await client.cluster('SET-CONFIG-EPOCH', index + 1);
        await client.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      }),
    ),
  );
  const busPort = await first.use(async (client) =>
    String((await client.config('GET', 'cluster-port')) as string[]),
  );
  await Promise.all(
    nodes
      .slice(1)
      .map((node) =>
        node.use((client) =>
          client.call('CLUSTER', 'MEET', '127.0.0.1', first.port, busPort.split(',')[1] as string),
        ),
      ),
  );
  for (const node of nodes) await untilClusterIs('ok', node);
  return nodes;
}

async function startNode(): Promise<TestRedis> {
  // By default the bus has the port plus 10,000, which free ports are too high for.
  const busPort = String(await freePort());
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '1000', '--cluster-port', busPort];
  return TestRedis.start({ args: [...args, '--cluster-require-full-coverage', 'no'] });
}

export async function untilClusterIs(state: 'ok' | 'fail', node: TestRedis): Promise<void> {
  await node.use((client) =>
    until(`the cluster to be ${state}`, async () => {
      const info = (await client.cluster('INFO')) as string;
      return info.includes(`cluster_state:${state}`) && info.includes('cluster_known_nodes:3');
    }),
  );
}
