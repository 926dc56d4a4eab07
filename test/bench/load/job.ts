/** One measurement, as it is asked of the load generator's process. */
export type LoadJob = {
  url: string;
  /** Each has one callback on the way at any time. */
  connections: number;
  /** How long answers are counted. */
  seconds: number;
};

/** What the load generator saw. Times are in milliseconds, from the request's first byte to the answer's last. */
export type LoadResult = {
  answersPerSecond: number;
  p50: number;
  p99: number;
  p999: number;
  /** Answers with a 2xx status, those before and after the counted time included. */
  acknowledged: number;
  /** Answers with any other status. */
  refused: number;
  /** Connections that failed or timed out, and requests that never got an answer. */
  errors: number;
  /** The share of the time in which the load generator's event loop was busy; near 1 it was the limit itself. */
  generatorBusy: number;
};
