/** Every relayed request has it. A receiver that gets one would relay in a circle, and refuses it. */
export const RELAY_HEADER = 'x-unfriend-relay';

/** What a receiver of Unfriend answers to such a request: HTTP's "Loop Detected". */
const LOOP_STATUS = 508;

/** Whether a receiver of Unfriend gave the answer, because it would relay the request in a circle. */
export function isLoop({ status, headers }: { status: number; headers: Record<string, unknown> }): boolean {
  return status === LOOP_STATUS && headers[RELAY_HEADER] !== undefined;
}
