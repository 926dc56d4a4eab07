import type { ReconcileCounts, ReconcileState } from '../../workflows/contract.ts';
import type { BackendError } from '../backends/backend.ts';

/** Further kinds of errors are in `failed` only. */
const MAX_ERRORS = 10;

export function addCounts(state: ReconcileState, more: Partial<ReconcileCounts>): ReconcileState {
  const counts = { ...state.counts };
  for (const [name, count] of Object.entries(more)) counts[name as keyof ReconcileCounts] += count;
  return { ...state, counts };
}

/** Equal errors are counted together. */
export function addError(state: ReconcileState, { type, message }: BackendError): ReconcileState {
  const known = state.errors.find((error) => error.type === type && error.message === message);
  if (!known && state.errors.length >= MAX_ERRORS) return state;
  const others = state.errors.filter((error) => error !== known);
  return { ...state, errors: [...others, { type, message, count: (known?.count ?? 0) + 1 }] };
}
