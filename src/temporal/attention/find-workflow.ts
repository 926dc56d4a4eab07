import type { Client } from '@temporalio/client';
import { isWorkflowId, possibleWorkflowIds } from '../../../workflows/contract.ts';
import { OperatorError } from '../../operator-error.ts';
import { toOperatorError } from '../connect.ts';
import { describeChain } from './retry-chain.ts';

/**
 * The id of a delivery's first workflow. A delivery id alone does not tell the workflow type, so Temporal is asked which
 * of them it knows.
 *
 * @param delivery its id, or a whole workflow id, which is returned as it is
 * @returns where Temporal knows none of them: the id that a friend-delete callback has
 * @throws OperatorError when the SDKAppID is missing, or Temporal can't be asked
 */
export async function findWorkflowId(
  client: Client,
  delivery: string,
  sdkAppId: string | undefined,
): Promise<string> {
  if (isWorkflowId(delivery)) return delivery;
  if (sdkAppId === undefined)
    throw new OperatorError(
      'SDK_APP_ID: missing; set it, or give the whole workflow id: friend-deleted/<SDKAppID>/<delivery id>',
    );
  const [first = '', ...others] = possibleWorkflowIds({ sdkAppId, deliveryId: delivery });
  try {
    for (const id of [first, ...others]) if (await describeChain(client, id)) return id;
  } catch (error) {
    throw toOperatorError(error);
  }
  return first;
}
