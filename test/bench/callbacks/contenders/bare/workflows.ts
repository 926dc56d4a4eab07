import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';

type Activities = { doNothing(): Promise<void> };

const remote = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '1 minute' });

export async function threeActivities(): Promise<void> {
  await Promise.all([remote.doNothing(), remote.doNothing(), remote.doNothing()]);
}

export async function threeLocalActivities(): Promise<void> {
  await Promise.all([local.doNothing(), local.doNothing(), local.doNothing()]);
}

export async function nothing(): Promise<void> {
  // That is the point.
}
