import { status as grpcStatus } from '@grpc/grpc-js';
import { isGrpcServiceError } from '@temporalio/client';
import { OperatorError } from '../operator-error.ts';
import { describeRpcError } from '../temporal/connect.ts';
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
  return onTemporal(context, async (client, { temporal: { namespace } }) => {
    const created = await createSearchAttributes(client).catch((error: unknown) => {
      throw explain(error, namespace);
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
function explain(error: unknown, namespace: string): OperatorError {
  const cause = error instanceof Error && isGrpcServiceError(error.cause) ? error.cause : error;
  const forbidden = [grpcStatus.PERMISSION_DENIED, grpcStatus.UNAUTHENTICATED, grpcStatus.UNIMPLEMENTED];
  if (!isGrpcServiceError(cause) || !forbidden.includes(cause.code)) {
    return new OperatorError(
      `Temporal can't be asked: ${describeRpcError(error)}. Check TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.`,
    );
  }
  const names = REQUIRED_SEARCH_ATTRIBUTES.map(({ name }) => name);
  const commands = creationCommands(namespace, names).map((command) => `  ${command}`);
  return new OperatorError(
    `You may not create search attributes. Ask somebody who may to run:\n${commands.join('\n')}`,
  );
}
