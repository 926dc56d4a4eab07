import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { PACKAGE_ROOT, VERSION } from '../../../src/package-root.ts';
import { atARate } from '../at-a-rate.ts';
import { SideEffectCounter } from '../doubles/side-effect-counter.ts';
import { postSigned } from '../inputs/callbacks.ts';
import { FREE_PORTS, type ProcessSettings, UnfriendProcess } from '../servers/process.ts';
import { memoryFolder, startTestTemporal, type TestTemporal, temporalCli } from '../servers/temporal.ts';
import { until } from '../until.ts';

const runCommand = promisify(execFile);

/** Deliveries per second. */
const RATE = 5;
/** With so many under way none is sent: on a busy machine too, each worker gets to what is new. */
const MOST_UNDER_WAY = 15;
/** Deliveries that a worker has to end before the next step. */
const SOME = 10;
const PATIENCE_MS = 240_000;

const DEPLOYMENT = 'unfriend';
/** The build ids, by their names in docs/upgrading.md. */
export const [NEW, OLD] = [VERSION, '0.0.1'];

/** A column of the current details, and what the older build calls it. */
const COLUMN = "'last error'";
export const OLDER_COLUMN = `last error, says build ${OLD}`;

type Ready = { status: number; components: Record<string, { ready: boolean; state: string }> };

/** A running `unfriend work`. */
export class VersionedWorker {
  readonly process: UnfriendProcess;
  readonly #ops: string;

  constructor(process: UnfriendProcess, ops: string) {
    this.process = process;
    this.#ops = ops;
  }

  async ready(): Promise<Ready> {
    const answer = await fetch(`${this.#ops}/readyz`);
    const { components } = (await answer.json()) as Pick<Ready, 'components'>;
    return { status: answer.status, components };
  }

  async metrics(): Promise<string> {
    return (await fetch(`${this.#ops}/metrics`)).text();
  }

  /** How many deliveries it has ended. */
  get ended(): number {
    return this.process.logs().filter(({ msg }) => msg === 'delivery done').length;
  }

  async someEnded(): Promise<void> {
    const before = this.ended;
    await until('deliveries to be ended by it', () => this.ended >= before + SOME, PATIENCE_MS);
  }

  /** As an orchestrator does. */
  async terminate(): Promise<void> {
    this.process.child.kill('SIGTERM');
    const code = await this.process.exit();
    if (code !== 0) throw new Error(`the worker ended with ${code}:\n${this.process.stderr}`);
  }
}

/** A receiver under load, and workers of several versions, which are real processes. Each side effect is counted. */
export class UpgradeStage {
  readonly counter: SideEffectCounter;
  readonly temporal: TestTemporal;
  readonly settings: ProcessSettings;
  /** The ids of all deliveries that were acknowledged. */
  readonly acknowledged: string[] = [];
  readonly failures: string[] = [];
  /** The commands of {@link setVersion}, each once. */
  readonly commands: string[] = [];
  readonly #folder = memoryFolder();
  readonly #processes: UnfriendProcess[] = [];
  #load: Promise<void> = Promise.resolve();
  #isLoaded = false;
  #url = '';

  static async start(): Promise<UpgradeStage> {
    const [counter, temporal] = await Promise.all([SideEffectCounter.start(), startTestTemporal()]);
    const stage = new UpgradeStage(counter, temporal);
    const receiver = stage.#run('serve', {});
    stage.#url = String((await receiver.log('taking callbacks')).url);
    return stage;
  }

  private constructor(counter: SideEffectCounter, temporal: TestTemporal) {
    this.counter = counter;
    this.temporal = temporal;
    this.settings = {
      ...FREE_PORTS,
      ...counter.settings,
      DATA_DIR: this.#folder.path,
      TEMPORAL_ADDRESS: String(temporal.settings.connectionOptions.address),
      RETRY_FOR: '1h',
    };
  }

  /** Sends callbacks until `endLoad`. */
  beginLoad(): void {
    this.#isLoaded = true;
    let posted = 0;
    this.#load = atARate({ rate: RATE, isDone: () => !this.#isLoaded }, async () => {
      // Each delivery has two side effects.
      if (posted - this.counter.done.size / 2 > MOST_UNDER_WAY) return;
      posted += 1;
      await this.post(`load-${posted}`);
    });
  }

  async endLoad(): Promise<void> {
    this.#isLoaded = false;
    await this.#load;
  }

  async post(requestId: string): Promise<void> {
    const pairs = [{ from: `from-${requestId}`, to: 'bob' }];
    const answer = await postSigned(this.#url, { requestId, pairs }).catch(String);
    if (typeof answer === 'object' && answer.ok) this.acknowledged.push(requestId);
    else this.failures.push(`${requestId}: ${typeof answer === 'object' ? answer.status : answer}`);
  }

  /**
   * Starts a worker, and returns once it polls.
   *
   * @param buildId absent: the worker is unversioned
   * @param bin another build's entry file
   */
  async work(buildId?: string, bin?: string): Promise<VersionedWorker> {
    const version = buildId === undefined ? {} : { DEPLOYMENT_NAME: DEPLOYMENT, BUILD_ID: buildId };
    const process = this.#run('work', version, bin);
    const { url } = await process.log('health, readiness and metrics', PATIENCE_MS);
    const worker = new VersionedWorker(process, String(url));
    await until('the worker to poll', async () => (await worker.ready()).status === 200, PATIENCE_MS);
    return worker;
  }

  /**
   * Runs a command of docs/upgrading.md, as an operator does.
   *
   * @param command without the name of the deployment
   */
  async setVersion(command: string): Promise<void> {
    const [subcommand, ...options] = command.split(' ');
    const line = `temporal worker deployment ${subcommand} --deployment-name ${DEPLOYMENT} ${options.join(' ')} --yes`;
    if (!this.commands.includes(line)) this.commands.push(line);
    const env = {
      NEW,
      OLD,
      PATH: `${dirname(temporalCli())}:${process.env.PATH}`,
      HOME: this.#folder.path,
      TEMPORAL_ADDRESS: this.settings.TEMPORAL_ADDRESS,
      TEMPORAL_NAMESPACE: this.temporal.settings.namespace,
    };
    // Temporal knows a version a moment after its first worker polls.
    const run = () =>
      runCommand('/bin/sh', ['-c', line], { env })
        .then(() => true)
        .catch(() => false);
    await until(line, run, PATIENCE_MS);
  }

  /** As *Reset* to the first workflow task does in the Temporal UI. */
  async reset(workflowId: string): Promise<void> {
    const { client } = this.temporal;
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const task = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
    await client.workflowService.resetWorkflowExecution({
      namespace: client.options.namespace,
      workflowExecution: { workflowId },
      requestId: randomUUID(),
      reason: 'test',
      workflowTaskFinishEventId: task?.eventId ?? null,
    });
  }

  /** A copy of this build that says it is an older one, in its version and in what its workflows show. */
  olderBuild(): string {
    const root = join(this.#folder.path, 'older');
    mkdirSync(root);
    cpSync(join(PACKAGE_ROOT, 'dist'), join(root, 'dist'), { recursive: true });
    symlinkSync(join(PACKAGE_ROOT, 'node_modules'), join(root, 'node_modules'));
    const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as object;
    writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, version: OLD }));
    const bundle = join(root, 'dist', 'workflow-bundle.js');
    const code = readFileSync(bundle, 'utf8');
    if (!code.includes(COLUMN)) throw new Error(`the workflows show no column ${COLUMN}`);
    writeFileSync(bundle, code.replaceAll(COLUMN, `'${OLDER_COLUMN}'`));
    return join(root, 'dist', 'src', 'cli', 'bin.js');
  }

  #run(command: 'serve' | 'work', more: ProcessSettings, bin?: string): UnfriendProcess {
    const process = new UnfriendProcess([command], { ...this.settings, ...more }, bin ? { bin } : {});
    this.#processes.push(process);
    return process;
  }

  async stop(): Promise<void> {
    await this.endLoad();
    await Promise.all(this.#processes.map((process) => process.kill()));
    await Promise.all([this.counter.stop(), this.temporal.stop()]);
    this.#folder.remove();
  }
}
