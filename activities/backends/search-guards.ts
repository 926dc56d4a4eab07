import type { DeleteOutcome } from '../update-search-index.ts';

/** What keeps a late delete from removing a document that was indexed again since; see docs/backends.md. */
export type SearchGuard = { kind: 'external' } | { kind: 'none' } | { kind: 'field'; field: string };

/** What `_bulk` answers about one document. */
export type BulkItem = { status: number; result?: string; error?: BulkItemError };
export type BulkItemError = { type?: string; reason?: string | null; caused_by?: BulkItemError };

export const NO_TIME = 'unfriend: no time';

/**
 * Deletes the document only if its time is not after `before`. Without a time that can be read it fails: deleting
 * could remove a new document, and leaving it alone would keep an old one with nobody to know. A number below
 * 1e11 would be seconds, and text without time of day is too coarse.
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

/** The lines of `_bulk` that delete a document under the guard. */
export function bulkLines(guard: SearchGuard, id: string, before: number): object[] {
  if (guard.kind === 'none') return [{ delete: { _id: id } }];
  if (guard.kind === 'external') {
    return [{ delete: { _id: id, version: before, version_type: 'external_gte' } }];
  }
  return [{ update: { _id: id, retry_on_conflict: 3 } }, guardScript(guard.field, before)];
}

/** What became of the document; undefined: it failed. */
export function readOutcome(
  guard: SearchGuard,
  { status, result, error }: BulkItem,
): DeleteOutcome | undefined {
  if (result === 'deleted') return 'deleted';
  if (result === 'not_found' || error?.type === 'document_missing_exception') return 'absent';
  if (result === 'noop') return 'newer';
  // Also where a later delivery's delete came first: then there is nothing left to do either.
  return status === 409 && guard.kind === 'external' ? 'newer' : undefined;
}
