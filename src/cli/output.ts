/** As a shell sees a process that SIGPIPE ended, which is what happens to other Unix tools: 128 + 13. */
export const CLOSED_PIPE = 141;

let isClosed = false;

/**
 * Whoever reads a command's answer may stop early, as `head` does: that is no fault, and ends the command quietly. A
 * command that keeps a service running is told to stop, so that it leaves no server behind. What goes to stderr is only
 * said: if nobody listens, the command goes on with what it does.
 */
export function endQuietlyOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    if (isClosed) return;
    isClosed = true;
    if (process.listenerCount('SIGTERM') > 0) process.kill(process.pid, 'SIGTERM');
    else process.exit(CLOSED_PIPE);
  });
  process.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** The exit code, given the command's own. */
export function exitCodeOf(code: number): number {
  return isClosed ? CLOSED_PIPE : code;
}

/** Answers go to stdout, everything else to stderr: `--json` prints one document and nothing beside it. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Says in a line what goes on, for people. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
