import { type AddressRange, parseRange } from '../http/clients/addresses.ts';
import { type InvalidValue, invalid, optionalText, splitList, text } from './kinds.ts';

/** The word for the addresses that the vendor's REST API names. */
const VENDOR = 'tencent';

/** Who may post callbacks. `tencent`: the vendor, from the addresses that its REST API names. */
export type CallbackAllow = { ranges: AddressRange[]; tencent: boolean };

/** The settings that decide by a client's address. */
export const CLIENT_FIELDS = {
  CALLBACK_ALLOW: optionalText((value): CallbackAllow | InvalidValue => {
    const items = splitList(value);
    if (items.length === 0) return invalid('expected at least one address');
    const ranges = parseRanges(items.filter((item) => item !== VENDOR));
    return 'invalid' in ranges ? ranges : { ranges, tencent: items.includes(VENDOR) };
  }),
  TRUSTED_PROXIES: text('', (value) => parseRanges(splitList(value))),
};

function parseRanges(items: readonly string[]): AddressRange[] | InvalidValue {
  const ranges: AddressRange[] = [];
  for (const item of items) {
    const range = parseRange(item);
    if (!range)
      return invalid(
        `expected addresses and CIDRs such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32; ${item} is neither`,
      );
    ranges.push(range);
  }
  return ranges;
}
