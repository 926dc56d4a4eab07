import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database, RootDatabase } from 'lmdb';
import { DecryptionError } from '../../encryption/key-ring.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import type { Logger } from '../../telemetry/logger.ts';
import {
  AWAITING_KEY_PART,
  type Bytes,
  DATABASE,
  ENCRYPTED_WITH,
  entryCount,
  openEnvironment,
  openMeta,
  PARTS,
  pagesOf,
  putFormat,
  SEEN_PARTS,
  WAITED,
} from '../database.ts';
import { DiskSpace } from '../folder/disk-space.ts';
import { gatheredDir, replaceDatabase } from '../folder/replace-database.ts';
import { DamagedRecordError, type RecordKind } from '../record.ts';
import { RecordCodec } from './record-codec.ts';

/** A larger journal is not written anew, because its receiver depends on Temporal meanwhile. */
const MAX_ENTRIES = 200_000;

const PER_COMMIT = 1_000;

/** The parts that hold records, and of what kind. */
const RECORD_PARTS: readonly [name: string, kind: RecordKind][] = [
  [PARTS.pending, 'pending'],
  [AWAITING_KEY_PART, 'pending'],
  [PARTS.quarantine, 'quarantined'],
];

export type EncryptOptions = {
  dir: string;
  payloadKeys: readonly PayloadKey[];
  logger: Logger;
  signal?: AbortSignal | undefined;
};

/**
 * Writes an undamaged journal anew when its records are not all encrypted with the first key: keys were turned on or
 * rotated. A new file is needed because LMDB leaves old bytes in the pages that it frees. Without keys it only notes
 * that plain records may follow. To be called before the journal is opened.
 */
export async function encryptJournal(options: EncryptOptions): Promise<void> {
  const { dir, payloadKeys, logger, signal } = options;
  // An earlier process may have been killed meanwhile.
  rmSync(gatheredDir(dir), { recursive: true, force: true });
  if (!existsSync(join(dir, DATABASE))) return;
  const codec = new RecordCodec(payloadKeys);
  const environment = openEnvironment(dir);
  let isWritten = false;
  try {
    const meta = openMeta(environment);
    if (meta.get(ENCRYPTED_WITH) === codec.keyId) return;
    if (codec.keyId === undefined) await environment.batch(() => putFormat(meta, undefined));
    else if (hasRoom(options, environment)) isWritten = await writeAnew(environment, { codec, dir, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    logger.error({ reason: String(error) }, 'what the journal holds already could not be encrypted');
  } finally {
    await environment.close();
  }
  if (!isWritten) return;
  replaceDatabase(dir);
  logger.info({ key: codec.keyId }, 'what the journal held is encrypted with the first of PAYLOAD_KEYS');
}

function hasRoom({ dir, logger }: EncryptOptions, environment: RootDatabase): boolean {
  const { free, reserve } = new DiskSpace(dir).space;
  const entries = [...RECORD_PARTS.map(([name]) => name), ...SEEN_PARTS]
    .map((name) => entryCount(openPart(environment, name)))
    .reduce((sum, count) => sum + count);
  const isSmall = entries <= MAX_ENTRIES;
  if (isSmall && free - reserve > statSync(join(dir, DATABASE)).size) return true;
  const reason = isSmall ? 'the disk is almost full' : `it holds ${entries} entries`;
  logger.warn({ reason }, 'what the journal holds already stays as it was until a later start');
  return false;
}

type Target = { codec: RecordCodec; dir: string; signal: AbortSignal | undefined };

/** @returns true: the new file is complete */
async function writeAnew(from: RootDatabase, { codec, dir, signal }: Target): Promise<true> {
  mkdirSync(gatheredDir(dir));
  const to = openEnvironment(gatheredDir(dir));
  const copy = async (name: string, convert: (entry: Bytes) => Buffer) => {
    const target = openPart(to, name);
    for (const page of pagesOf(openPart(from, name), PER_COMMIT)) {
      signal?.throwIfAborted();
      await to.batch(() => {
        for (const entry of page) void target.put(entry.key, convert(entry));
      });
    }
  };
  try {
    for (const [name, kind] of RECORD_PARTS)
      await copy(name, (entry) => recodeIfPossible(codec, kind, entry));
    for (const name of SEEN_PARTS) await copy(name, ({ value }) => value);
    await to.batch(() => {
      putFormat(openMeta(to), codec.keyId);
      if (openMeta(from).get(WAITED) !== undefined) void openMeta(to).put(WAITED, 1);
    });
    return true;
  } finally {
    await to.close();
  }
}

/** What needs a key that is missing, and what is damaged, is copied as it is. */
function recodeIfPossible(codec: RecordCodec, kind: RecordKind, { key, value }: Bytes): Buffer {
  try {
    return codec.recode(kind, key, value);
  } catch (error) {
    if (error instanceof DecryptionError || error instanceof DamagedRecordError) return value;
    throw error;
  }
}

function openPart(environment: RootDatabase, name: string): Database<Buffer, string> {
  return environment.openDB<Buffer, string>({ name, encoding: 'binary' });
}
