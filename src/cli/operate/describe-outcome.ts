import type { CommandName } from '../../../workflows/contract.ts';
import type { ActOutcome } from '../../temporal/attention/act-on-delivery.ts';
import type { Order } from '../../temporal/attention/order.ts';

/** The name of the command on the command line. */
export function nameOf(command: CommandName): 'retry' | 'dismiss' {
  return command === 'retryFailed' ? 'retry' : 'dismiss';
}

/** One line for people. For a dry run it says what would be done. */
export function describeOutcome(outcome: ActOutcome, { command, dryRun }: Order): string {
  const { result, affected = 0, remaining, workflowId, reason } = outcome;
  const effects = `${affected} side ${affected === 1 ? 'effect' : 'effects'} of pairs`;
  const is = dryRun ? 'would be ' : '';
  const past = command === 'retryFailed' ? 'retried' : 'dismissed';
  const parked = remaining ? `, ${remaining} stay parked` : '';
  switch (result) {
    case 'retried':
    case 'dismissed':
      return `${effects} ${is}${result}${parked}`;
    case 'started':
      return `${effects} ${is}${past} by a new workflow, ${workflowId}${parked}`;
    case 'already-started':
      return `somebody else retries it already, in ${workflowId}`;
    case 'signalled':
      return `${is}signalled: ${reason}`;
    case 'nothing':
      return `nothing to ${nameOf(command)}: ${reason}`;
    case 'failed':
      return `failed: ${reason}`;
  }
}
