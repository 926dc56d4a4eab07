import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SET_UP_MARK } from '../../journal/database.ts';
import {
  DamagedJournalError,
  type Operation,
  type OperationMessage,
  operate,
} from '../../journal/operate/operate.ts';
import { OperatorError } from '../../operator-error.ts';

/** What could be read from the journal. `fault`: the damage that ended the reading. */
type Found = { messages: OperationMessage[]; fault: DamagedJournalError | undefined };

/** Runs one operation on this machine's journal, also while a receiver runs. */
export async function onJournal(dir: string, operation: Operation): Promise<Found> {
  if (!existsSync(join(dir, SET_UP_MARK))) {
    throw new OperatorError(`No journal in ${dir}. Set JOURNAL_DIR or DATA_DIR as the receiver has it.`);
  }
  const messages: OperationMessage[] = [];
  try {
    await operate(dir, operation, (message) => messages.push(message));
    return { messages, fault: undefined };
  } catch (error) {
    if (!(error instanceof DamagedJournalError) || messages.length === 0) throw error;
    return { messages, fault: error };
  }
}
