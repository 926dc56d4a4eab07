import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../until.ts';
import { jarsOf, type SearchProduct } from './search-products.ts';
import { temporaryFolder } from './temporal.ts';

const START_MS = 120_000;

/** Ends the server with whoever started it, `kill -9` included: then its standard input closes. */
const GUARDIAN = 'exec 3<&0; "$@" & child=$!; (read -r _ <&3; kill -9 $child) & wait $child';

/** A search server as a process of its own, its data in a folder that outlives it. */
export class JavaSearchServer {
  readonly #product: SearchProduct;
  readonly #java: string;
  readonly #folder = temporaryFolder();
  #child: ChildProcess | undefined;
  #address = '';

  static async start(product: SearchProduct, java: string): Promise<JavaSearchServer> {
    const server = new JavaSearchServer(product, java);
    try {
      server.#address = await server.#launch(product.basePort);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  private constructor(product: SearchProduct, java: string) {
    this.#product = product;
    this.#java = java;
    // The runner keeps a file that is there.
    const config = join(this.#folder.path, 'node_1', 'config');
    mkdirSync(config, { recursive: true });
    // A single node elects itself at once. It would look for others for three seconds.
    const lines = [`path.repo: ["${this.snapshots}"]`, 'discovery.type: single-node', ''];
    writeFileSync(join(config, product.configFile), lines.join('\n'));
  }

  /** Where a repository of snapshots may be. */
  get snapshots(): string {
    return join(this.#folder.path, 'snapshots');
  }

  get url(): string {
    return `http://${this.#address}`;
  }

  /** Ends it by `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    child?.stdin?.end();
    await until(
      `${this.#product.name} to end`,
      () => !child || child.exitCode !== null || child.signalCode !== null,
    );
  }

  /** On the same port, with the data that it had. */
  async restart(): Promise<void> {
    const port = Number(this.#address.split(':').pop());
    const address = await this.#launch(port - 1);
    if (address !== this.#address) throw new Error(`came back at ${address}, not at ${this.#address}`);
  }

  async stop(): Promise<void> {
    await this.kill();
    this.#folder.remove();
  }

  async #launch(basePort: number): Promise<string> {
    const { jvm, mainClass } = this.#product;
    const args = [
      ...[...jvm, '-cp', `${jarsOf(this.#product)}/*`, mainClass, '-useLogger', '-numOfNode', '1'],
      // Servers of one cluster name would find each other and join.
      ...['-clusterName', `unfriend-test-${process.pid}`, '-basePath', this.#folder.path],
      ...['-baseHttpPort', String(basePort)],
    ];
    const command = ['-c', GUARDIAN, 'sh', this.#java, ...args];
    const cwd = this.#folder.path;
    this.#child = spawn('sh', command, { stdio: ['pipe', 'pipe', 'pipe'], cwd });
    return published(this.#product.name, this.#child);
  }
}

/** Where it listens, as it says itself: the port is of its own choice. */
async function published(name: string, child: ChildProcess): Promise<string> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return until(
    `${name} to start`,
    () => {
      if (child.exitCode !== null) throw new Error(`${name} ended:\n${output.slice(-2_000)}`);
      if (!/\.Node +\] .*started$/m.test(output)) return undefined;
      return /HttpServerTransport\] publish_address \{([^}]+)\}/.exec(output)?.[1];
    },
    START_MS,
  );
}
