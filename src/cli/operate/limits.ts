/** How many rows `failed` shows without `--limit`: about what a person reads. */
export const LISTED_IN_TABLE = 100;
