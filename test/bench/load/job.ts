/** One measurement, as it is asked of the load generator's process. */
export type LoadJob = {
  url: string;
  /** How many callbacks are on the way at once, at most. */
  connections: number;
  /** Callbacks per second, however late the answers are. Absent: each connection sends its next at the answer. */
  rate?: number;
  /** How long answers are counted. */
  seconds: number;
};

/**
 * What the load generator saw. Times are in milliseconds, to the answer's last byte: from the request's first byte,
 * or with a rate from the moment at which the request was due.
 */
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
