import { composeCallback } from '../../../src/callback/compose-request.ts';
import { type StalledRequest, unsigned } from '../../support/doubles/strangers.ts';
import { FREE_PORTS } from '../../support/servers/process.ts';

/** Who stalls, how many files the receiver may open, and how callbacks come meanwhile. */
export type DoorScenario = {
  name: string;
  how: string;
  requests: () => StalledRequest[];
  /** So many connections are kept for callbacks; 0: each callback comes over a new one. */
  kept: number;
  openFiles?: number;
  /** What is promised: MB that the resident memory grows by, and the 99th percentile of the answers, in ms. */
  promised?: { growth: number; p99: number };
};

export const { SDK_APP_ID: sdkAppId = '', CALLBACK_TOKEN: token = '' } = FREE_PORTS;

export const SCENARIOS: DoorScenario[] = [
  {
    name: 'unsigned requests that stall',
    how: 'Without SdkAppid or with a wrong Sign, 1 MB announced: half of a head, a head, or half of the body was sent. Callbacks come over kept connections, as the vendor sends them.',
    requests: () => unsigned(sdkAppId),
    kept: 16,
    promised: { growth: 100, p99: 200 },
  },
  {
    name: 'the same, and each callback over a new connection',
    how: 'A new connection waits behind those of the strangers until it is taken.',
    requests: () => unsigned(sdkAppId),
    kept: 0,
  },
  {
    name: 'requests with a captured signature that stall',
    how: 'For a minute, whoever sees a signed URL can send any body with it: half of 1 MB.',
    requests: () => [{ query: capturedQuery(), sends: 'half a body' }],
    kept: 16,
  },
  {
    name: 'more of them than files can be opened',
    how: 'Unsigned, as above; the receiver runs with `ulimit -n 300`. Callbacks come over kept connections.',
    requests: () => unsigned(sdkAppId),
    kept: 16,
    openFiles: 300,
  },
];

function capturedQuery(): string {
  return composeCallback({ sdkAppId, token, pairs: [], now: Date.now() }).query.toString();
}
