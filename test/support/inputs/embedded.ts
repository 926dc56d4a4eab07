/** `start`, `serve` and `work` need these settings. Most tests are not about them and use the stand-ins. */
export const EMBEDDED = {
  CACHE_URL: 'embedded',
  SEARCH_URL: 'embedded',
  NOTIFY_URL: 'embedded',
};
