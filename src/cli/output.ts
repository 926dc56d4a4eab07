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
