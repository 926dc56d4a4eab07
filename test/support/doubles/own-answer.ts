/** The commands whose answer decides whether something happens. */
export function isBefore(command: string): boolean {
  return /Before|Prev/.test(command);
}

/**
 * What the endpoint double answers to a callback. Nobody else answers with these bytes. Of the "before" commands it
 * forbids every fifth.
 */
export function ownAnswer(command: string, requestId: string): string {
  const forbids = isBefore(command) && /[05]$/.test(requestId);
  return JSON.stringify({
    ActionStatus: 'OK',
    ErrorCode: forbids ? 1 : 0,
    ErrorInfo: `the endpoint saw ${requestId}`,
  });
}
