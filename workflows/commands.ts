import type { SignalDefinition, UpdateDefinition } from '@temporalio/common';
import { log, setHandler } from '@temporalio/workflow';
import {
  type CommandAnswer,
  type CommandName,
  dismissFailedSignal,
  dismissFailedUpdate,
  type FriendDeletedInput,
  retryFailedSignal,
  retryFailedUpdate,
} from './contract.ts';
import { type Command, readCommand } from './read-command.ts';
import type { SideEffectRun } from './side-effect-run.ts';
import type { Unit } from './units.ts';

/** Carries out a command at once, without waiting for anything. */
type Act = (command: Command) => CommandAnswer;

const NARROWED = 'sideEffect and pairs narrow it, all by default; by and reason are shown to others.';
const DESCRIPTIONS: Record<CommandName, string> = {
  retryFailed: `Tries again what is parked, and at once what waits for its next try. ${NARROWED}
Input, all optional: {"sideEffect": "clearCaches", "pairs": [{"from": "alice", "to": "bob"}], "by": "me", "reason": "Redis is back"}`,
  dismissFailed: `Gives up what is parked: it stays undone. ${NARROWED}
Input, a reason is needed: {"sideEffect": "notifyUsers", "pairs": [{"from": "alice", "to": "bob"}], "by": "me", "reason": "accounts are gone"}`,
};

/** What comes may be anything, whatever the definitions promise their callers. */
type AnyUpdate = UpdateDefinition<CommandAnswer, [unknown?]>;
type AnySignal = SignalDefinition<[unknown?]>;

const COMMANDS: [CommandName, AnyUpdate, AnySignal][] = [
  ['retryFailed', retryFailedUpdate as AnyUpdate, retryFailedSignal as AnySignal],
  ['dismissFailed', dismissFailedUpdate as AnyUpdate, dismissFailedSignal as AnySignal],
];

/** Each command is an update, which is refused or answered, and a signal for those who can't wait for an answer. */
export function acceptCommands(input: FriendDeletedInput, act: Act): void {
  for (const [name, update, signal] of COMMANDS) {
    const description = DESCRIPTIONS[name];
    const read = (given: unknown) => readCommand(name, given, input);
    setHandler(update, (given?: unknown) => act(read(given)), {
      description,
      // Synchronous: an async one would let everything through.
      validator: (given?: unknown) => void read(given),
    });
    setHandler(signal, (given?: unknown) => actIfValid(() => act(read(given)), name), { description });
  }
}

/** @returns how many side effects of pairs it is about */
export function carryOut(
  { name, sideEffect, pairs }: Command,
  runs: readonly Pick<SideEffectRun, 'name' | CommandName>[],
): number {
  const isMeant = (unit: Unit) => !pairs || unit.pairs.some((pair) => pairs.has(pair));
  const meant = runs.filter((run) => sideEffect === undefined || run.name === sideEffect);
  return meant.reduce((affected, run) => affected + run[name](isMeant), 0);
}

/** Nobody waits for a signal's answer: the log is all that can tell. */
function actIfValid(act: () => CommandAnswer, name: CommandName): void {
  try {
    log.info(`signal ${name}`, act());
  } catch (error) {
    log.warn(`signal ${name} is ignored: ${(error as Error).message}`);
  }
}
