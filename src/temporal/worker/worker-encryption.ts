import type { WorkerOptions } from '@temporalio/worker';
import { EncryptingCodec } from '../../encryption/payload-codec.ts';
import type { PayloadKey } from '../../encryption/payload-keys.ts';
import { ENCRYPTING_BUNDLE, FAILURE_CONVERTER, WORKFLOW_BUNDLE } from './workflow-bundle.ts';

/**
 * How a worker and its workflows turn values into what Temporal stores. With keys, also the messages of failures are
 * encrypted. A workflow task that lacks a key fails, and Temporal tries it again until a worker has the key.
 */
export function workerEncryption(
  keys: readonly PayloadKey[] = [],
): Pick<WorkerOptions, 'dataConverter' | 'workflowBundle'> {
  const codec = new EncryptingCodec(keys);
  return {
    dataConverter: {
      payloadCodecs: [codec],
      ...(codec.encrypts && { failureConverterPath: FAILURE_CONVERTER }),
    },
    workflowBundle: { codePath: codec.encrypts ? ENCRYPTING_BUNDLE : WORKFLOW_BUNDLE },
  };
}
