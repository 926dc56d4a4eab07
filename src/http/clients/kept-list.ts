import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { type AddressRange, parseRange } from './addresses.ts';

/** A list of addresses as it is kept on the disk. `fetchedAt` is in ms. */
export type KeptList = { fetchedAt: number; addresses: string[] };

const KEPT = z.object({ fetchedAt: z.number(), addresses: z.array(z.string()).min(1) });

/** What can't be read as an address is left out: it can match nobody. */
export function parseRanges(addresses: readonly string[]): AddressRange[] {
  return addresses.flatMap((address) => parseRange(address.trim()) ?? []);
}

/** Undefined: there is none, or it can't be read. Then the vendor is asked. A list of the future counts as read just now. */
export function readKept(file: string): KeptList | undefined {
  try {
    const { fetchedAt, addresses } = KEPT.parse(JSON.parse(readFileSync(file, 'utf8')));
    if (parseRanges(addresses).length === 0) return undefined;
    return { fetchedAt: Math.min(fetchedAt, Date.now()), addresses };
  } catch {
    return undefined;
  }
}

/** At once, so that no start finds half a list. */
export async function writeKept(file: string, kept: KeptList): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, JSON.stringify(kept));
  await rename(`${file}.new`, file);
}
