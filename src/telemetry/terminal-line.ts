import { stripVTControlCharacters } from 'node:util';
import type { PrettyOptions } from 'pino-pretty';

type Line = Record<string, unknown>;
type Paint = (text: string) => string;
type Colors = Record<'yellow' | 'red' | 'green' | 'gray', Paint>;

/** At the levels that only report progress, longer delivery ids are shortened. */
const SHORT_ID = 8;
const LONGEST_WHOLE_ID = 12;

/** Fields that a terminal does not show: they stand elsewhere in the line, or only the Temporal SDK needs them. */
const HIDDEN = new Set([
  'level',
  'time',
  'msg',
  'deliveryId',
  'sideEffect',
  'activityId',
  'activityType',
  'workflowId',
  'workflowRunId',
  'workflowType',
]);

/** These values explain themselves; the others stand behind their name. */
const WITHOUT_NAME = new Set(['type', 'reason', 'err', 'error', 'verdict', 'outcome', 'url', 'address']);

/** Numbers with a unit, or with what they count. */
const UNITS: Record<string, (value: unknown) => string> = {
  pairs: (value) => (value === 1 ? '1 pair' : `${value} pairs`),
  tries: (value) => (value === 1 ? '1 try' : `${value} tries`),
  ms: (value) => `${value} ms`,
  seconds: (value) => `in ${value} s`,
  waitedMs: (value) => `waited ${value} ms`,
  leftOut: (value) => `${value} more`,
};

/** Makes pino-pretty write one line per log line: `19:40:08 INFO ab44fa3e updateSearchIndex done: 3 pairs, 2 ms`. */
export const TERMINAL_FORMAT: PrettyOptions = {
  hideObject: true,
  ignore: 'time,level',
  messageFormat: (line, _messageKey, _levelLabel, { colors }) => terminalLine(line, colors as Colors),
  // pino-pretty would paint the whole line in one colour.
  customColors: { message: 'reset' },
};

/** One log line for people. A level that a person acts on has the whole delivery id, because commands need it. */
export function terminalLine(line: Line, colors?: Colors): string {
  const level = String(line.level).toUpperCase();
  const fields = Object.entries(line).flatMap(([name, value]) => fieldText(name, value));
  const text = [subject(line, level), message(line)].filter(Boolean).join(' ');
  const whole = fields.length > 0 ? `${text}: ${fields.join(', ')}` : text;
  return `${clock(line.time)} ${paintLevel(level, colors)} ${onOneLine(whole)}`;
}

function clock(time: unknown): string {
  return new Date(String(time)).toTimeString().slice(0, 8);
}

function paintLevel(level: string, colors: Colors | undefined): string {
  if (!colors) return level;
  if (level === 'WARN') return colors.yellow(level);
  if (level === 'INFO') return colors.green(level);
  return level === 'ERROR' || level === 'FATAL' ? colors.red(level) : colors.gray(level);
}

function subject({ deliveryId }: Line, level: string): string {
  if (typeof deliveryId !== 'string') return '';
  const isShort = level === 'INFO' || level === 'DEBUG' || level === 'TRACE';
  return isShort && deliveryId.length > LONGEST_WHOLE_ID ? deliveryId.slice(0, SHORT_ID) : deliveryId;
}

/** "side effect failed" names the side effect: "clearCaches failed". */
function message({ msg, sideEffect }: Line): string {
  const text = String(msg ?? '');
  if (typeof sideEffect !== 'string') return text;
  return text.startsWith('side effect ') ? text.replace('side effect', sideEffect) : `${sideEffect} ${text}`;
}

function fieldText(name: string, value: unknown): string[] {
  if (HIDDEN.has(name) || value === undefined || value === null) return [];
  const text = UNITS[name]?.(value) ?? valueText(value);
  return [UNITS[name] || WITHOUT_NAME.has(name) ? text : `${name} ${text}`];
}

function valueText(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (isError(value)) return errorText(value);
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([, count]) => typeof count === 'number'))
    return entries.map(([what, count]) => `${count} ${what}`).join(', ');
  return JSON.stringify(value);
}

type LoggedError = { type: string; message: string; stack?: string };

function isError(value: object): value is LoggedError {
  return 'type' in value && 'message' in value;
}

/** The first frame says where; the lines of a service without a terminal have the whole stack. */
function errorText({ type, message: text, stack = '' }: LoggedError): string {
  const [frame = ''] = stack.split('\n');
  return [`${type}: ${text}`, frame.trim()].filter(Boolean).join(' ');
}

/** Text of strangers must not move the cursor or begin a line. */
function onOneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}
