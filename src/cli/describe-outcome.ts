import type { CommandName } from '../../workflows/contract.ts';
import type { Order, Outcome } from '../temporal/act-on-delivery.ts';

/** As the command is called on the command line. */
export function nameOf(command: CommandName): 'retry' | 'dismiss' {
  return command === 'retryFailed' ? 'retry' : 'dismiss';
}

/** In a line, for people; of a dry run what would be. */
export function describeOutcome(outcome: Outcome, { command, dryRun }: Order): string {
  const { result, affected = 0, remaining, workflowId, reason } = outcome;
  const effects = `${affected} side ${affected === 1 ? 'effect' : 'effects'} of pairs`;
  const is = dryRun ? 'would be ' : '';
  switch (result) {
    case 'retried':
    case 'dismissed':
      return `${effects} ${is}${result}${remaining ? `, ${remaining} stay parked` : ''}`;
    case 'started':
      return `${effects} ${is}retried by a new workflow, ${workflowId}`;
    case 'already-started':
      return `somebody else retries it already, in ${workflowId}`;
    case 'signalled':
      return `signalled: ${reason}`;
    case 'nothing':
      return `nothing to ${nameOf(command)}: ${reason}`;
    case 'failed':
      return `failed: ${reason}`;
  }
}
