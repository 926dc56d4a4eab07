/** How many rows `failed` shows without `--limit`: about what a person reads. */
export const LISTED_IN_TABLE = 100;

/** The largest `--rate`, per second. */
export const MAX_RATE = 10_000;
