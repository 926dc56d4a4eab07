import { workflowId } from '../../../workflows/contract.ts';
import type { Starter, StartOutcome } from '../../callback/delivery-id.ts';
import { errorType, type Tracing } from '../../telemetry/tracing.ts';
import type { DeliveryToStart } from './start-delivery.ts';

/** Makes each start a span of its callback's trace. The span of the workflow follows it. */
export class TracedStarter implements Starter<DeliveryToStart> {
  readonly #starter: Starter<DeliveryToStart>;
  readonly #tracing: Tracing;

  constructor(starter: Starter<DeliveryToStart>, tracing: Tracing) {
    this.#starter = starter;
    this.#tracing = tracing;
  }

  async start(toStart: DeliveryToStart): Promise<StartOutcome> {
    const { delivery, trace: parent } = toStart;
    const attributes = {
      'unfriend.delivery_id': delivery.deliveryId,
      'temporal.workflow_id': workflowId(delivery),
    };
    const span = this.#tracing.start('start workflow', { kind: 'client', parent, attributes });
    try {
      const outcome = await this.#starter.start({ ...toStart, trace: span.traceparent });
      span.end({ 'unfriend.outcome': outcome });
      return outcome;
    } catch (error) {
      span.end({}, errorType(error));
      throw error;
    }
  }

  look(toStart: DeliveryToStart): ReturnType<Starter<DeliveryToStart>['look']> {
    return this.#starter.look(toStart);
  }
}
