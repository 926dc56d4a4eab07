import { type RedoRequest, toIso } from '../../temporal/redo/redo-request.ts';

/** A request as it was asked for: the times are absolute. */
export type AskedRequest = Omit<RedoRequest, 'sought'> & { account?: string | undefined };

/** The command that goes on with this request, and with no other, whenever somebody runs it. */
export function goOnCommand({ sideEffect, since, until, account }: AskedRequest): string {
  const times = `--since ${toIso(since)} --until ${toIso(until)}`;
  const narrowed = account === undefined ? '' : ` --account=${quote(account)}`;
  return `npx unfriend redo --effect ${sideEffect} ${times}${narrowed}`;
}

/** For a POSIX shell. */
function quote(text: string): string {
  return /^[\w.:-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
