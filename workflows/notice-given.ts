import {
  ActivityFailure,
  condition,
  continueAsNew,
  proxyActivities,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import {
  type Notice,
  type NoticeActivities,
  type NoticeInput,
  type Sighting,
  seenSignal,
} from './contract.ts';

const { giveNotice } = proxyActivities<NoticeActivities>({
  startToCloseTimeout: '30 seconds',
  // The chat may be away for a while. An hour later the notice is no news any more.
  scheduleToCloseTimeout: '1 hour',
  retry: { initialInterval: '5 seconds', maximumInterval: '1 minute' },
});

/**
 * Tells people in their chat once that something needs them, and once that it is over. Whatever the number of processes
 * that see it, there is one such workflow at a time.
 */
export async function noticeGiven({ sightings, ...about }: NoticeInput): Promise<void> {
  const bySource = new Map(sightings?.map((sighting) => [sighting.source, sighting]));
  let seenAt = Date.now();
  setHandler(seenSignal, (sighting: Sighting) => {
    bySource.set(sighting.source, sighting);
    seenAt = Date.now();
  });
  await condition(() => bySource.size > 0);
  const notice = () => {
    const seen = [...bySource.values()];
    return {
      condition: about.condition,
      since: Math.min(...seen.map(({ since }) => since)),
      sightings: seen,
    };
  };
  if (!sightings) await give({ ...notice(), state: 'began' });
  while (await isStillSeen(() => seenAt, about.overAfter)) {
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof noticeGiven>({ ...about, sightings: notice().sightings });
  }
  await give({ ...notice(), state: 'ended', until: seenAt });
}

async function isStillSeen(seenAt: () => number, overAfter: number): Promise<boolean> {
  const asleepSince = Date.now();
  await sleep(overAfter);
  return seenAt() >= asleepSince;
}

/** A notice that could not be given does not stop the workflow: the activity's failure says why. */
async function give(notice: Notice): Promise<void> {
  try {
    await giveNotice(notice);
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
  }
}
