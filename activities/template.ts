import type { Pair } from '../workflows/contract.ts';

/** The placeholders of a template. The vendor's callback spells the names like this. */
export const PLACEHOLDERS = ['{From_Account}', '{To_Account}'] as const;

/**
 * Fills in the accounts of a pair. All placeholders are replaced in one step, so an account that looks like a
 * placeholder, or contains braces, colons, spaces or `*`, stays as it is.
 */
export function renderTemplate(template: string, pair: Pair): string {
  return template.replace(/\{(From|To)_Account\}/g, (_, end) => (end === 'From' ? pair.from : pair.to));
}
