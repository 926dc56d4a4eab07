import { type InvalidValue, invalid, optionalText, splitList } from './kinds.ts';

/** Where messages go. Two destinations are two side effects, so that neither holds back the other. */
export type NotifyDestinations = {
  /** Of `notifyUsers`: `embedded`, `off`, `tencent:`, or the address of a webhook that is the only destination. */
  users: string;
  /** Of `notifyBackend`: the address of a webhook beside `tencent:`, else `off`. */
  backend: string;
};

const EXPECTED =
  'expected tencent: or https://…, embedded or off; or tencent: and one https://…, separated by a comma';
const TENCENT = 'tencent:';
/** They can't be combined. */
const ALONE = ['embedded', 'off'];

export const notifyUrl = optionalText((value): NotifyDestinations | InvalidValue => {
  const destinations = splitList(value);
  const fault = destinations.map(faultOf).find((each) => each !== undefined) ?? faultTogether(destinations);
  if (fault) return invalid(fault);
  const [other = 'off'] = destinations.filter((destination) => destination !== TENCENT);
  return destinations.includes(TENCENT)
    ? { users: TENCENT, backend: other }
    : { users: other, backend: 'off' };
});

/** What is wrong with one destination. Never repeats it: an address may hold a secret. */
function faultOf(destination: string): string | undefined {
  if (destination === TENCENT || ALONE.includes(destination)) return undefined;
  const url =
    /^https?:\/\//.test(destination) && URL.canParse(destination) ? new URL(destination) : undefined;
  if (!url) return `${EXPECTED} (write a comma within the address as %2C)`;
  if (url.username || url.password) {
    return 'expected an address without credentials: the endpoint knows us by the signature of NOTIFY_SECRET';
  }
  return undefined;
}

/** Looks for faults of the combination. Each destination is valid by itself. */
function faultTogether(destinations: readonly string[]): string | undefined {
  if (destinations.length === 0) return EXPECTED;
  const alone = destinations.find((destination) => ALONE.includes(destination));
  if (alone && destinations.length > 1) return `expected ${alone} alone, or only the other destinations`;
  const tencents = destinations.filter((destination) => destination === TENCENT).length;
  if (tencents > 1) return 'expected tencent: at most once';
  if (destinations.length - tencents > 1) return 'expected at most one webhook';
  return undefined;
}
