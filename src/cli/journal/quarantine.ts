import type { OperationMessage } from '../../journal/operate/operate.ts';
import type { Quarantined } from '../../journal/record.ts';
import { print, printJson } from '../output.ts';
import { damagedOf, printUndecryptable, type Undecryptable, undecryptableOf } from './undecryptable.ts';

/** Lists what was read of the quarantine. @returns the entries whose key is missing */
export function printQuarantine(messages: OperationMessage[], json: boolean): Undecryptable[] {
  const { quarantined = 0 } = messages.find((message) => message.kind === 'counts') ?? {};
  const found = messages.filter((message) => message.kind === 'quarantined');
  const entries = found.flatMap(({ key, record }) => (record ? [describe(key, record)] : []));
  const damaged = damagedOf(found);
  const undecryptable = undecryptableOf(found);
  if (json) {
    printJson({ quarantined, entries, damaged, undecryptable });
    return undecryptable;
  }
  print(`${quarantined} in the quarantine`);
  for (const { id, kind, reason, quarantinedAt } of entries)
    print(`  ${id}  ${quarantinedAt}  ${kind}: ${reason}`);
  for (const key of damaged) print(`  entry ${key} is damaged`);
  printUndecryptable(undecryptable);
  if (found.length < quarantined) print(`  and ${quarantined - found.length} more: see --limit`);
  return undecryptable;
}

function describe(id: string, record: Quarantined) {
  const { kind, reason } = record;
  const common = { id, kind, reason, quarantinedAt: new Date(record.quarantinedAt).toISOString() };
  if (record.kind === 'delivery') {
    const { delivery, pairs } = record.pending;
    return { ...common, deliveryId: delivery.deliveryId, pairs: pairs.length };
  }
  if (record.kind === 'damaged') return { ...common, entry: record.entry };
  const { query, body } = record.raw;
  return { ...common, query, body: Buffer.from(body, 'base64').toString('utf8') };
}
