import type { Locator } from 'playwright-core';
import { ulid } from 'ulid';
import { attentionLink } from '../support/attention-link.ts';
import { pairsOf } from '../support/inputs/deliveries.ts';
import { TemporalUi, type View } from '../support/servers/temporal-ui.ts';
import { MendableService } from '../support/stages/mendable-service.ts';

/** From the last one on, which the pictures of a single delivery are of. */
const DELIVERIES = [
  pairsOf(['erin', 'frank']),
  pairsOf(['heidi', 'ivan'], ['ivan', 'heidi']),
  pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']),
];

/** How much of the page a picture shows: so many of its pixels from the top, or one element of it. */
export type Part = { height?: number; element?: Locator };

type Pictures = { view: View; save: (ui: TemporalUi, name: string, part: Part) => Promise<void> };

/** Takes the pictures of deliveries that need attention, of the same service and pages as the browser's test. */
export async function takeFailingPictures({ view, save }: Pictures): Promise<void> {
  const service = await MendableService.start();
  try {
    let workflowId = '';
    for (const pairs of DELIVERIES) workflowId = await service.deliver(ulid(), pairs);
    const ui = await TemporalUi.open(service.uiUrl, view);
    try {
      await ui.openList(attentionLink());
      await ui.collapseNavigation();
      await ui.chooseColumns({
        remove: ['Run ID', 'Type', 'End'],
        add: ['UnfriendStatus', 'UnfriendPairs'],
      });
      await save(ui, 'temporal-ui-attention.png', { height: 500 });

      await ui.openDelivery(workflowId, 'user-metadata');
      await ui.detailsTable();
      await save(ui, 'temporal-ui-parked.png', { height: 620 });

      await ui.openDelivery(workflowId, 'timeline');
      const form = await ui.fillUpdate('retryFailed', { by: 'erin', reason: 'Redis knows us again' });
      await save(ui, 'temporal-ui-retry.png', { element: form });
    } finally {
      await ui.close();
    }
  } finally {
    await service.stop();
  }
}
