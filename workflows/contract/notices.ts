import { defineSignal } from '@temporalio/workflow';

/** What people are told of in their chat. */
export type NoticeCondition = 'needs-person' | 'callbacks-refused' | 'journal-stuck' | 'no-worker';

/** Numbers about a condition, by what they count, such as `parked` or `unauthorized`. They name no account. */
export type NoticeFacts = Record<string, number>;

/** A process sees that a condition holds. `source`: the process, by its host's name. `since`: in ms since the epoch. */
export type Sighting = { source: string; since: number; facts: NoticeFacts };

/** One message. `since`, `until`: in ms since the epoch. `sightings`: the newest one of each process. */
export type Notice = {
  condition: NoticeCondition;
  state: 'began' | 'ended';
  since: number;
  until?: number;
  sightings: Sighting[];
};

/** The input of the workflow `noticeGiven`. */
export type NoticeInput = {
  condition: NoticeCondition;
  /** A condition that nobody has seen for this long is over, in ms. */
  overAfter: number;
  /** Only after continue-as-new, when people were told already. */
  sightings?: Sighting[];
};

export const NOTICE_GIVEN = 'noticeGiven';

/** Every process that sees the condition sends it again and again, for as long as the condition holds. */
export const seenSignal = defineSignal<[Sighting]>('seen');

/** Sends one message to the chat. It throws when another try can help. */
export type NoticeActivities = { giveNotice(notice: Notice): Promise<void> };

/** One workflow per condition, however many processes see it: so there is one notice. */
export function noticeWorkflowId(taskQueue: string, condition: NoticeCondition): string {
  return `unfriend-notice/${taskQueue}/${condition}`;
}

/** Not the queue of the deliveries: receivers take these tasks too, because they tell when no worker runs. */
export function noticeTaskQueue(taskQueue: string): string {
  return `${taskQueue}-notices`;
}
