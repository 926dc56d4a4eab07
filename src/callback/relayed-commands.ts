/** `Sns.CallbackFriendDelete`, or `Sns.*` for every command with that prefix. */
const PATTERN = /^[A-Za-z][A-Za-z0-9]*\.([A-Za-z0-9]+|\*)$/;

/**
 * The answer to such a command decides what happens, so it must be the endpoint's own answer. The vendor names them
 * all alike: `C2C.CallbackBeforeSendMsg`, `Sns.CallbackPrevFriendAdd`. Source: Tencent Cloud Chat, doc 1047/34355.
 */
export function isDecision(command: string): boolean {
  return /Before|Prev/i.test(command);
}

/** @returns what is wrong with a pattern; undefined: nothing */
export function findPatternFault(pattern: string): string | undefined {
  if (!PATTERN.test(pattern))
    return 'expected names of commands such as Sns.CallbackFriendDelete, or Sns.* for a prefix, separated by commas; or off';
  if (isDecision(pattern))
    return `${pattern} can't be relayed later, because the answer to it decides what happens; it is passed through without being named here`;
  return undefined;
}

/** A pattern with a prefix leaves out the commands whose answer decides: they are passed through. */
export function isDurablyRelayed(command: string, patterns: readonly string[]): boolean {
  if (isDecision(command)) return false;
  return patterns.some((pattern) =>
    pattern.endsWith('*') ? command.startsWith(pattern.slice(0, -1)) : command === pattern,
  );
}
