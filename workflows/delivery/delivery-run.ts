import { ApplicationFailure } from '@temporalio/common';
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { acceptCommands } from '../attention/accept-commands.ts';
import { Attention } from '../attention/attention.ts';
import type { Command } from '../attention/read-command.ts';
import {
  type CarriedState,
  type CommandAnswer,
  carriedQuery,
  type DeliveryInput,
  type Progress,
  progressQuery,
  SIDE_EFFECTS_ABANDONED,
} from '../contract.ts';
import type { PlannedDelivery } from '../planning/planned-delivery.ts';
import type { Unit } from '../planning/units.ts';
import { SideEffectRunner } from '../side-effect/runner.ts';
import { publishAttention } from './attention-memo.ts';
import { DeliveryProgress } from './progress.ts';
import { publishProgress } from './publish.ts';
import { ProgressReport } from './report.ts';

export type DeliveryResult = Pick<Progress, 'deliveryId' | 'pairs' | 'sideEffects'>;

/**
 * The steps of a delivery's workflow, whatever its type, and what they share: queries, commands, what people see, and
 * continue-as-new. One object lives as long as one run of the workflow.
 */
export class DeliveryRun {
  readonly #input: DeliveryInput;
  readonly #planned: PlannedDelivery;
  readonly #progress: DeliveryProgress;
  readonly #attention: Attention;
  readonly #runners: readonly SideEffectRunner[];
  readonly #report: ProgressReport;

  constructor(input: DeliveryInput, planned: PlannedDelivery) {
    this.#input = input;
    this.#planned = planned;
    this.#progress = new DeliveryProgress(input, planned);
    this.#attention = new Attention(input);
    this.#report = new ProgressReport(this.#progress, input.delivery.receivedAt);
    const options = { planned, retryFor: input.plan.retryFor, onChange: () => this.#onChange() };
    this.#runners = this.#progress.sideEffects.map((state) => new SideEffectRunner(state, options));
    setHandler(progressQuery, () => this.#progress.snapshot(), {
      description: 'The progress of each side effect, and what failed',
    });
    setHandler(carriedQuery, () => this.#carry(), {
      description:
        'For Unfriend itself: the status of every unit, from which a retry of a closed delivery continues',
    });
  }

  /** Starts the first pass. A side effect that fails for a pair goes on to its retries without waiting for others. */
  tryEverythingOnce(): void {
    publishProgress(this.#progress, this.#attention);
    for (const runner of this.#runners) runner.start();
  }

  acceptCommands(): void {
    acceptCommands(this.#planned, (command) => this.#carryOut(command));
  }

  /**
   * Resolves when everything is done, parked or dismissed. When the history is too large to go on, the workflow
   * continues as new instead.
   *
   * @throws ContinueAsNew
   */
  async retryWhatFailed(): Promise<void> {
    do await Promise.all(this.#runners.map((runner) => runner.settled()));
    while (this.#isBusy);
    if (this.#canWait && isHistoryLarge()) this.#stop();
    if (this.#runners.some((runner) => runner.isStopped)) await this.#continueAsNew();
  }

  /**
   * If something is parked, waits until a person acts or the time is over.
   *
   * @returns whether to go on: false when nothing is left to do, or nobody acted in time
   */
  async waitForPerson(): Promise<boolean> {
    if (this.#canWait && (await this.#waitForAction())) return true;
    // A command that is being carried out can still retry something.
    await handlersFinished();
    return this.#isBusy;
  }

  /** @throws ApplicationFailure `SideEffectsAbandoned` when something is parked */
  conclude(): DeliveryResult {
    const progress = this.#progress.snapshot();
    const { deliveryId, status, pairs, sideEffects, parkedTotal, errors } = progress;
    if (status === 'Done') return { deliveryId, pairs, sideEffects };
    const reasons = errors.map(({ type, count }) => `${type} (${count})`).join(', ');
    const message = `${parkedTotal} side effects could not be done: ${reasons}`;
    throw ApplicationFailure.nonRetryable(message, SIDE_EFFECTS_ABANDONED, progress, this.#carry());
  }

  get #isBusy(): boolean {
    return this.#runners.some((runner) => runner.isBusy);
  }

  get #canWait(): boolean {
    return this.#progress.parked > 0 && this.#attention.isEnabled;
  }

  #waitForAction(): Promise<boolean> {
    this.#attention.startWaiting();
    publishProgress(this.#progress, this.#attention);
    publishAttention(this.#progress, false);
    return this.#attention.waitForAction(() => this.#isBusy || isHistoryLarge());
  }

  #carryOut(command: Command): CommandAnswer {
    const { name, sideEffect, pairs } = command;
    const isWanted = (unit: Unit) => !pairs || unit.pairs.some((pair) => pairs.has(pair));
    const runners = this.#runners.filter((runner) => sideEffect === undefined || runner.name === sideEffect);
    const affected = runners.reduce((sum, runner) => sum + runner[name](isWanted), 0);
    if (affected > 0) this.#attention.record(command, affected);
    this.#onChange();
    return { affected, remaining: this.#progress.parked };
  }

  #onChange(): void {
    publishProgress(this.#progress, this.#attention);
    this.#report.reportChanges();
    if (isHistoryLarge()) this.#stop();
  }

  /** From now on commands only change the state, and the next run does what they ask for. */
  #stop(): void {
    for (const runner of this.#runners) runner.stop();
  }

  /** Never called by a command's handler: Temporal demands that every handler has finished. */
  async #continueAsNew(): Promise<never> {
    await handlersFinished();
    return continueAsNew({ ...this.#input, carried: this.#carry() });
  }

  #carry(): CarriedState {
    return { ...this.#progress.carry(), ...this.#attention.carry() };
  }
}

function isHistoryLarge(): boolean {
  return workflowInfo().continueAsNewSuggested;
}

/** Mostly there is nothing to wait for. Then it does without the promises that `condition` makes: they take time. */
async function handlersFinished(): Promise<void> {
  if (!allHandlersFinished()) await condition(allHandlersFinished);
}
