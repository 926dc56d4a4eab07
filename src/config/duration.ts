import ms from 'ms';

/** In ms. Undefined without a unit: some readers would take a bare number for ms, others for seconds. */
export function parseDuration(text: string): number | undefined {
  return /^(0|\d+(\.\d+)?\s*[a-z]+)$/i.test(text) ? ms(text as ms.StringValue) : undefined;
}
