/** A callback as it came, for the endpoint. Its size is bounded by `MAX_BODY`. */
export type RelayedCallback = {
  /** The query string as it came, without `Sign` and `RequestTime`: each try has fresh ones. */
  query: string;
  contentType?: string;
  /** The bytes of the body in base64. */
  body: string;
  /** How those bytes are compressed. Absent: not at all. */
  encoding?: 'deflate-raw';
};
