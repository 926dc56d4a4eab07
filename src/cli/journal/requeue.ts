import type { Operation } from '../../journal/operate/operate.ts';
import { type CliContext, EXIT } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { readAndWarn } from '../read-and-warn.ts';
import { onJournal } from './on-journal.ts';

/** Requeues each entry. One that fails does not stop the others. */
export async function requeue(context: CliContext, ids: string[], json: boolean): Promise<void> {
  const { sdkAppId, relay, journal, payloadKeys } = readAndWarn(context, 'operate');
  const operation: Operation = { kind: 'requeue', ids, sdkAppId, relay, payloadKeys };
  const { messages, fault } = await onJournal(journal.dir, operation);
  const requeued = messages.flatMap((message) =>
    message.kind === 'requeued' ? [{ id: message.id, deliveryId: message.deliveryId }] : [],
  );
  const failed = messages.flatMap((message) =>
    message.kind === 'failed' ? [{ id: message.id, reason: message.reason }] : [],
  );
  if (json) printJson({ requeued, failed });
  else for (const { id, deliveryId } of requeued) print(`${id}: pending again as delivery ${deliveryId}`);
  for (const { id, reason } of failed) say(`${id}: ${reason}`);
  if (failed.length > 0) context.exitCode = EXIT.failed;
  if (fault) throw fault;
}
