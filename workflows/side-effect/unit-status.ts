/**
 * From best to worst. A pair that several units carry has the worst status of them. `befriended` is done by doing
 * nothing, because the two were friends again.
 */
export const UNIT_STATUSES = ['done', 'befriended', 'dismissed', 'pending', 'retrying', 'parked'] as const;

export type UnitStatus = (typeof UNIT_STATUSES)[number];

/** How `CarriedSideEffect.marks` writes a status. Running workflows have these letters in their histories. */
const LETTERS: Record<UnitStatus, string> = {
  done: 'd',
  befriended: 'b',
  dismissed: 'x',
  pending: '.',
  retrying: 'r',
  parked: 'p',
};

export function writeStatuses(statuses: readonly UnitStatus[]): string {
  return statuses.map((status) => LETTERS[status]).join('');
}

export function readStatus(letter: string | undefined): UnitStatus {
  return UNIT_STATUSES.find((status) => LETTERS[status] === letter) ?? 'pending';
}

export function worstOf(statuses: readonly UnitStatus[]): UnitStatus {
  const worst = Math.max(0, ...statuses.map((status) => UNIT_STATUSES.indexOf(status)));
  return UNIT_STATUSES[worst] ?? 'pending';
}
