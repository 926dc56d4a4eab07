/** The exit code that a shell reports for a process that SIGPIPE ended: 128 + 13. Other Unix tools end like that. */
export const CLOSED_PIPE = 141;

let isClosed = false;

/**
 * The reader of a command's stdout may stop early, as `head` does. That is no fault: the command ends quietly. A command
 * that runs a service gets SIGTERM, so that it stops its servers first. A closed stderr changes nothing: only messages
 * for people go there.
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

/** Prints a line for people on stderr. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
