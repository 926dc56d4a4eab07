import { ApplicationFailure } from '@temporalio/common';
import { type CommandName, INVALID_COMMAND, type Pair, pairKey } from '../contract.ts';
import type { PlannedDelivery } from '../planning/planned-delivery.ts';

/** A valid command. `pairs` are positions in the delivery's list of pairs. Absent: all. */
export type Command = {
  name: CommandName;
  sideEffect?: string;
  pairs?: ReadonlySet<number>;
  by?: string;
  reason?: string;
};

const FIELDS = ['sideEffect', 'pairs', 'by', 'reason'] as const;
const MAX_SHOWN = 100;

/**
 * Reads the input of a command, which a person may have typed. An unknown field is refused: if it were ignored, a
 * misspelt `pairs` would make the command cover everything.
 *
 * @throws ApplicationFailure `InvalidCommand`, whose message says what to change
 */
export function readCommand(
  name: CommandName,
  given: unknown,
  { sideEffects, pairs }: Pick<PlannedDelivery, 'sideEffects' | 'pairs'>,
): Command {
  const input = given ?? {};
  if (!isObject(input)) throw invalid(`expected an object such as {"sideEffect": "clearCaches"}`);
  const unknown = Object.keys(input).find((key) => !FIELDS.includes(key as never));
  if (unknown !== undefined) throw invalid(`${show(unknown)}: expected ${FIELDS.join(', ')} only`);
  const command = {
    name,
    ...optional('sideEffect', readSideEffect(input.sideEffect, sideEffects)),
    ...optional('pairs', readPairs(input.pairs, pairs)),
    ...optional('by', readText('by', input.by)),
    ...optional('reason', readText('reason', input.reason)),
  };
  if (name === 'dismissFailed' && !command.reason) throw invalid('reason: missing; say why, for others');
  return command;
}

function readSideEffect(given: unknown, sideEffects: PlannedDelivery['sideEffects']): string | undefined {
  if (isAbsent(given)) return undefined;
  const known = sideEffects.find(({ name }) => name === given);
  if (known) return known.name;
  const names = sideEffects.map(({ name }) => name).join(', ');
  throw invalid(`sideEffect: ${show(given)} is not a side effect of this delivery; expected one of ${names}`);
}

function readPairs(given: unknown, pairs: readonly Pair[]): Set<number> | undefined {
  if (isAbsent(given)) return undefined;
  // Refused, because an empty list could mean all pairs as well as none.
  if (!Array.isArray(given) || given.length === 0)
    throw invalid('pairs: expected a list such as [{"from": "alice", "to": "bob"}]; leave it out for all');
  const positions = new Map(pairs.map((pair, index) => [pairKey(pair), index]));
  return new Set(
    given.map((pair: unknown, index) => {
      if (!isPair(pair)) throw invalid(`pairs[${index}]: expected {"from": "…", "to": "…"}`);
      const position = positions.get(pairKey(pair));
      if (position !== undefined) return position;
      // The message does not name the accounts, because the log shows it for a refused signal.
      throw invalid(`pairs[${index}]: not a pair of this delivery; "from" is the owner of the friend list`);
    }),
  );
}

function readText(field: string, given: unknown): string | undefined {
  if (isAbsent(given)) return undefined;
  if (typeof given === 'string') return given.trim() || undefined;
  throw invalid(`${field}: expected text`);
}

/** Some languages write null for a field that is not set. */
function isAbsent(given: unknown): boolean {
  return given === undefined || given === null;
}

function isObject(given: unknown): given is Record<string, unknown> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function isPair(given: unknown): given is Pair {
  return isObject(given) && typeof given.from === 'string' && typeof given.to === 'string';
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { [key in Name]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { [key in Name]?: T });
}

function show(given: unknown): string {
  return (JSON.stringify(given) ?? '').slice(0, MAX_SHOWN);
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, INVALID_COMMAND);
}
