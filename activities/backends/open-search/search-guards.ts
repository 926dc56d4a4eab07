import type { DeleteOutcome } from '../search-index.ts';

/** How a late delete is kept from removing a document that was indexed again. See `SEARCH_GUARD` in the documentation. */
export type SearchGuard = { kind: 'external' } | { kind: 'none' } | { kind: 'field'; field: string };

/** The answer of `_bulk` for one document. */
export type BulkItem = { status: number; result?: string; error?: BulkItemError };
export type BulkItemError = { type?: string; reason?: string | null; caused_by?: BulkItemError };

export const NO_TIME = 'unfriend: no time';

/**
 * Deletes the document only if its time is not after `before`. It fails if the document has no readable time: a delete
 * could remove a new document, and without a failure nobody would notice an old one that stays. A number below 1e11 is
 * refused, because it would be in seconds, and so is text without a time of day.
 */
const DELETE_IF_NOT_NEWER = `
def value = ctx._source[params.field];
if (value == null) {
  value = ctx._source;
  for (def name : params.path) { value = value instanceof Map ? value[name] : null; }
}
long time = 0;
if (value instanceof Number) { time = value.longValue(); }
else if (value instanceof String) {
  String text = value.replace(' ', 'T');
  int end = text.length() - 5;
  if (end > 16 && (text.charAt(end) == (char)'+' || text.charAt(end) == (char)'-')) {
    text = text.substring(0, end + 3) + ':' + text.substring(end + 3);
  }
  try { time = Long.parseLong(text); } catch (NumberFormatException a) {
    try { time = ZonedDateTime.parse(text).toInstant().toEpochMilli(); } catch (DateTimeParseException b) {
      try { time = LocalDateTime.parse(text).toInstant(ZoneOffset.UTC).toEpochMilli(); } catch (DateTimeParseException c) {}
    }
  }
}
if (time < 100000000000L) { throw new IllegalArgumentException('${NO_TIME}'); }
ctx.op = time <= params.before ? 'delete' : 'none';
`;

export function guardScript(field: string, before: number) {
  const params = { field, path: field.split('.'), before };
  return { script: { lang: 'painless', source: DELETE_IF_NOT_NEWER, params } };
}

/** The lines of a `_bulk` request that delete one document under the guard. */
export function bulkLines(guard: SearchGuard, id: string, before: number): object[] {
  if (guard.kind === 'none') return [{ delete: { _id: id } }];
  if (guard.kind === 'external') {
    return [{ delete: { _id: id, version: before, version_type: 'external_gte' } }];
  }
  return [{ update: { _id: id, retry_on_conflict: 3 } }, guardScript(guard.field, before)];
}

/** The outcome for one document. Undefined: it failed. */
export function readOutcome(
  guard: SearchGuard,
  { status, result, error }: BulkItem,
): DeleteOutcome | undefined {
  if (result === 'deleted') return 'deleted';
  if (result === 'not_found' || error?.type === 'document_missing_exception') return 'absent';
  if (result === 'noop') return 'newer';
  // Or a later delivery has already deleted the document. Then nothing is left to do either.
  return status === 409 && guard.kind === 'external' ? 'newer' : undefined;
}
