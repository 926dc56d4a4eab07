import type { Order } from '../../temporal/attention/order.ts';
import type { CliContext } from '../context.ts';
import { onTemporal } from '../on-temporal.ts';
import { actOnAll } from './act-on-all.ts';
import { actOnIds } from './act-on-ids.ts';

type Chosen = {
  ids: readonly string[];
  all?: true | undefined;
  yes?: true | undefined;
  rate?: number | undefined;
  json?: true | undefined;
  wait?: true | undefined;
};

/** Connects to Temporal, and carries out a person's order on the deliveries that they chose. */
export function actOnDeliveries(context: CliContext, order: Order, chosen: Chosen): Promise<void> {
  return onTemporal(context, async (client, { sdkAppId }) => {
    context.exitCode = chosen.all
      ? await actOnAll(client, order, chosen)
      : await actOnIds(client, order, { sdkAppId, ...chosen });
  });
}
