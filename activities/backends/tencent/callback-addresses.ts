import { z } from 'zod';
import { BackendError } from '../backend.ts';
import { type TencentAccess, TencentRest } from './tencent-rest.ts';

/** The addresses from which callbacks come: 5 is those in China, 6 is those elsewhere. Source: doc 1047/36742. */
const NET_TYPES = [5, 6];

const ANSWER = z.object({ IPList: z.array(z.string()) });

/**
 * The addresses and CIDRs from which Tencent Chat posts callbacks. A part of them would be no use: the others would be refused.
 *
 * @throws BackendError when the REST API does not name all of them
 */
export async function fetchCallbackAddresses(access: TencentAccess, signal: AbortSignal): Promise<string[]> {
  const rest = new TencentRest(access);
  try {
    const lists = await Promise.all(NET_TYPES.map((type) => fetchList(rest, type, signal)));
    return [...new Set(lists.flat())];
  } finally {
    await rest.close();
  }
}

async function fetchList(rest: TencentRest, netType: number, signal: AbortSignal): Promise<string[]> {
  const { errorCode, fields: body } = await rest.call(
    `v4/ConfigSvc/GetIPList?nettype=${netType}`,
    '{}',
    signal,
  );
  if (errorCode !== 0) throw new BackendError('Rejected', `${rest.peer} answered ${errorCode} to GetIPList`);
  const answer = ANSWER.safeParse(body);
  if (!answer.success) throw new BackendError('ServerError', `${rest.peer} answered no IPList`);
  return answer.data.IPList;
}
