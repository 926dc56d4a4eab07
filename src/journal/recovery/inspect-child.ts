/** Run as a process of its own, `inspect-child DIR check|salvage [backwards]`: see inspect.ts. */
import { hasRoot, tellParent } from '../child.ts';
import {
  AWAITING_KEY_PART,
  entryCount,
  FORMAT_KEY,
  FORMATS,
  hasPart,
  openEnvironment,
  openMeta,
  PARTS,
  reasonOf,
  SEEN_PARTS,
} from '../database.ts';
import { checkRecord, isFormat1, ownKey, type RecordContent, type RecordKind } from '../record.ts';
import type { InspectionMessage } from './inspect.ts';

const KEYS_PER_MESSAGE = 1_000;

const [dir = '', mode, direction] = process.argv.slice(2);
const environment = openEnvironment(dir, { readOnly: mode !== 'check' });
if (!hasRoot(environment)) process.exit(1);

const pending = environment.openDB<Buffer, string>({ name: PARTS.pending, encoding: 'binary' });
const quarantine = environment.openDB<Buffer, string>({ name: PARTS.quarantine, encoding: 'binary' });
const awaitingKey = hasPart(environment, AWAITING_KEY_PART)
  ? environment.openDB<Buffer, string>({ name: AWAITING_KEY_PART, encoding: 'binary' })
  : undefined;
const counts = {
  pending: entryCount(pending) + (awaitingKey ? entryCount(awaitingKey) : 0),
  quarantined: entryCount(quarantine),
};
await send({ kind: 'counts', counts });

const read = { pending: 0, quarantined: 0, damaged: 0 };
await readAll(pending, 'pending');
if (awaitingKey) await readAll(awaitingKey, 'pending');
await readAll(quarantine, 'quarantined');
if (mode === 'check') {
  SEEN_PARTS.forEach(checkSeen);
  if (read.damaged === 0) await checkWriting();
}
await send({ kind: 'read', read });
process.disconnect();

async function readAll(database: typeof pending, part: RecordKind): Promise<void> {
  let keys: string[][] = [];
  const tellReached = async () => {
    if (mode === 'salvage') await send({ kind: 'reached', part, keys });
    keys = [];
  };
  for (const { key, value } of database.getRange({ reverse: direction === 'backwards' })) {
    const whole = checkIfWhole(part, key, value);
    const isWhole = whole !== undefined;
    read[isWhole ? part : 'damaged'] += 1;
    if (mode === 'salvage' && isWhole && isFormat1(value))
      await send({ kind: 'found', found: { kind: part, key, ...whole } });
    else keys.push(isWhole ? [key] : [String(key), ownKey(value)]);
    if (keys.length >= KEYS_PER_MESSAGE) await tellReached();
  }
  await tellReached();
}

function checkIfWhole(part: RecordKind, key: string, value: Buffer): RecordContent | undefined {
  try {
    return checkRecord(part, key, value);
  } catch {
    return undefined;
  }
}

/**
 * Looks for damage in what the journal remembers of callbacks. That is not worth saving, but one broken page in it
 * makes every later read and write fail.
 */
function checkSeen(name: string): void {
  const seen = environment.openDB<unknown, string>({ name, encoding: 'binary' });
  if (seen.getKeysCount({}) !== entryCount(seen)) read.damaged += 1;
}

/**
 * Writes once. If the list of free pages is damaged, or lies beyond the end of a file that was cut short, everything
 * can be read, but the next write fails or ends the process. A disk that refuses the write is no damage.
 */
async function checkWriting(): Promise<void> {
  // For a refused write lmdb-js rejects a second promise, which nobody can await.
  process.on('unhandledRejection', () => undefined);
  try {
    const meta = openMeta(environment);
    await meta.put(FORMAT_KEY, meta.get(FORMAT_KEY) ?? FORMATS.plain);
  } catch (error) {
    const reason = await reasonOf(error);
    if (/MDB_(BAD_TXN|CORRUPTED|PAGE_NOTFOUND|PANIC|INVALID)/.test(reason)) read.damaged += 1;
  }
}

function send(message: InspectionMessage): Promise<void> {
  return tellParent(message);
}
