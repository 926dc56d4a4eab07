import { NOT_TRIED, OTHER_FAILURE } from '../workflows/contract.ts';
import { INTERRUPTIONS } from './activity-outcomes.ts';
import { FAILURE_TYPES } from './backends/backend.ts';

/**
 * Every failure type of a side effect that Unfriend itself makes; docs/temporal.md and the runbook list them. A side effect of
 * somebody's own can have others, such as `TypeError`.
 */
export const KNOWN_FAILURE_TYPES: readonly string[] = [
  ...Object.keys(FAILURE_TYPES),
  ...Object.values(INTERRUPTIONS).map(({ type }) => type),
  NOT_TRIED.type,
  OTHER_FAILURE.type,
];
