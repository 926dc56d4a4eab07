import ms from 'ms';

/** Milliseconds; undefined unless it has its unit: a bare number would be ms to one reader and seconds to the next. */
export function parseDuration(text: string): number | undefined {
  return /^(0|\d+(\.\d+)?\s*[a-z]+)$/i.test(text) ? ms(text as ms.StringValue) : undefined;
}
