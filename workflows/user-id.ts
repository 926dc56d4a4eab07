/**
 * A UserID: 1–32 bytes of printable ASCII, case-sensitive, spaces and punctuation included (`@RBT#001`).
 * The rule must not be narrower: when a UserID is refused in a callback, a deletion is lost.
 */
export const USER_ID = /^[\x20-\x7e]{1,32}$/;
