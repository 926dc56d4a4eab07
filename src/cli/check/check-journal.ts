import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Settings } from '../../config/settings.ts';
import { SET_UP_MARK } from '../../journal/database.ts';
import { DiskSpace } from '../../journal/folder/disk-space.ts';
import { isLocked } from '../../journal/folder/lock.ts';
import { operate } from '../../journal/operate/operate.ts';
import type { Finding } from './finding.ts';

const component = 'journal';
const MB = 1024 * 1024;

/** Looks at the journal of this machine and changes nothing. A receiver may be using the journal. */
export async function checkJournal({ intake, journal: { dir }, payloadKeys }: Settings): Promise<Finding[]> {
  if (intake === 'direct') return [{ component, state: 'ok', message: 'none, because of INTAKE=direct' }];
  const place = existingPart(dir);
  const fault = whyNotWritable(place);
  if (fault) return [{ component, state: 'fault', message: `${dir} can't be written to: ${fault}` }];
  return [checkRoom(place), await checkContent(dir, payloadKeys)];
}

/** The folder, or the nearest folder above it that exists. */
function existingPart(dir: string): string {
  return existsSync(dir) || dirname(dir) === dir ? dir : existingPart(dirname(dir));
}

function whyNotWritable(place: string): string | undefined {
  try {
    accessSync(place, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return `${(error as Error).message}; set JOURNAL_DIR or DATA_DIR to a folder that this user may write to`;
  }
}

function checkRoom(place: string): Finding {
  const { bavail, bsize } = statfsSync(place);
  const free = `${Math.floor((bavail * bsize) / MB)} MB free`;
  return new DiskSpace(place).isLow
    ? {
        component: 'disk',
        state: 'warning',
        message: `${free}: too little to journal anything; free some space`,
      }
    : { component: 'disk', state: 'ok', message: `${free} for the journal` };
}

async function checkContent(dir: string, payloadKeys: Settings['payloadKeys']): Promise<Finding> {
  if (!existsSync(join(dir, SET_UP_MARK)))
    return { component, state: 'ok', message: `${dir}: none yet, a receiver sets it up` };
  try {
    const owner = isLocked(dir) ? 'a running receiver has it, as it should' : 'no process has it now';
    let counts = '';
    let missingKey: string | undefined;
    await operate(dir, { kind: 'list', limit: 1, payloadKeys }, (message) => {
      if (message.kind === 'pending') missingKey = message.missingKey;
      if (message.kind === 'counts')
        counts = `${message.pending} pending, ${message.quarantined} in the quarantine`;
    });
    if (missingKey !== undefined) {
      const message = `${dir}: ${counts}; the first is ${missingKey}: it waits until the key is there again`;
      return { component, state: 'fault', message };
    }
    return { component, state: 'ok', message: `${dir}: ${counts}; ${owner}` };
  } catch (error) {
    return { component, state: 'fault', message: (error as Error).message };
  }
}
