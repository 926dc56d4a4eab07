import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { log, setHandler } from '@temporalio/workflow';
import {
  type CommandAnswer,
  type CommandName,
  dismissFailedSignal,
  dismissFailedUpdate,
  retryFailedSignal,
  retryFailedUpdate,
} from '../contract.ts';
import type { PlannedDelivery } from '../planning/planned-delivery.ts';
import { type Command, readCommand } from './read-command.ts';

/** Carries out a command. It does not wait for anything: what it starts goes on after the answer. */
type CarryOut = (command: Command) => CommandAnswer;

const OPTIONS =
  'sideEffect and pairs narrow the command; without them it covers everything. by and reason are shown to other people.';
const DESCRIPTIONS: Record<CommandName, string> = {
  retryFailed: `Retries what is parked. What waits in back-off is retried at once. ${OPTIONS}
Input, all fields optional: {"sideEffect": "clearCaches", "pairs": [{"from": "alice", "to": "bob"}], "by": "me", "reason": "Redis is back"}`,
  dismissFailed: `Gives up what is parked: it stays undone. ${OPTIONS}
Input, reason required: {"sideEffect": "notifyUsers", "pairs": [{"from": "alice", "to": "bob"}], "by": "me", "reason": "accounts are gone"}`,
};

/** The input may be anything: the types of the definitions do not bind those who send it. */
type UncheckedUpdate = UpdateDefinition<CommandAnswer, [unknown?]>;
type UncheckedSignal = SignalDefinition<[unknown?]>;

const COMMANDS: [CommandName, UncheckedUpdate, UncheckedSignal][] = [
  ['retryFailed', retryFailedUpdate as UncheckedUpdate, retryFailedSignal as UncheckedSignal],
  ['dismissFailed', dismissFailedUpdate as UncheckedUpdate, dismissFailedSignal as UncheckedSignal],
];

/** Each command is an update, which answers or refuses, and a signal, for those who cannot wait for an answer. */
export function acceptCommands(planned: PlannedDelivery, carryOut: CarryOut): void {
  for (const [name, update, signal] of COMMANDS) {
    const description = DESCRIPTIONS[name];
    const read = (given: unknown) => readCommand(name, given, planned);
    setHandler(update, (given?: unknown) => carryOut(read(given)), {
      description,
      // It must be synchronous: Temporal would accept every input if it returned a promise.
      validator: (given?: unknown) => void read(given),
    });
    setHandler(signal, (given?: unknown) => logResult(name, () => carryOut(read(given))), { description });
  }
}

/** A signal has no answer, so its result is in the log only. */
function logResult(name: CommandName, carryOut: () => CommandAnswer): void {
  try {
    log.info(`signal ${name}`, carryOut());
  } catch (error) {
    log.warn(`signal ${name} is ignored: ${(error as Error).message}`);
  }
}
