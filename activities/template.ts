import type { Pair } from '../workflows/contract.ts';

/** What a template may name, as the vendor's callback spells it. */
export const PLACEHOLDERS = ['{From_Account}', '{To_Account}'] as const;

/**
 * Fills in a pair's accounts, in one go: an account that looks like a placeholder, or holds braces, colons,
 * spaces or `*`, is data.
 */
export function renderTemplate(template: string, pair: Pair): string {
  return template.replace(/\{(From|To)_Account\}/g, (_, end) => (end === 'From' ? pair.from : pair.to));
}
