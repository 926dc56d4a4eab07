import { status as grpcStatus } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';
import type { TemporalSettings } from '../config/settings.ts';
import { OperatorError } from '../operator-error.ts';
import { describeRpcError, toOperatorError } from '../temporal/connect.ts';
import {
  createSearchAttributes,
  creationCommands,
  REQUIRED_SEARCH_ATTRIBUTES,
} from '../temporal/search-attributes.ts';
import type { CliContext } from './context.ts';
import { onTemporal } from './on-temporal.ts';
import { print, printJson } from './output.ts';

/** Creates the search attributes that are missing, and prints which ones existed already. */
export function setUpNamespace(context: CliContext, { json }: { json?: true | undefined }): Promise<void> {
  return onTemporal(context, async (client, { temporal }) => {
    const { namespace } = temporal;
    const created = await createSearchAttributes(client).catch((error: unknown) => {
      throw explain(error, temporal);
    });
    const existing = REQUIRED_SEARCH_ATTRIBUTES.map(({ name }) => name).filter(
      (name) => !created.includes(name),
    );
    if (json) printJson({ namespace, created, existing });
    else {
      for (const name of created) print(`created ${name}`);
      for (const name of existing) print(`${name} is there`);
    }
  });
}

/** If this user may not create them, the message has the commands for somebody who may. */
function explain(error: unknown, temporal: TemporalSettings): unknown {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  // Temporal Cloud does not have this request, and a proxy may not let it through.
  const forbidden = [grpcStatus.PERMISSION_DENIED, grpcStatus.UNIMPLEMENTED];
  if (!isGrpcServiceError(cause) || !forbidden.includes(cause.code)) return toOperatorError(error);
  const names = REQUIRED_SEARCH_ATTRIBUTES.map(({ name }) => name);
  const commands = creationCommands(temporal, names).map((command) => `  ${command}`);
  return new OperatorError(
    `You may not create search attributes in ${temporal.namespace} (${describeRpcError(error)}). Ask somebody who may to run:\n${commands.join('\n')}`,
    { cause },
  );
}
