import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { attentionPage } from '../../../src/temporal/ui-link.ts';
import { attentionLink } from '../../support/attention-link.ts';
import { readMessage } from '../../support/doubles/webhook-sink.ts';
import { scheduledActivities } from '../../support/histories.ts';
import { pairsOf } from '../../support/inputs/deliveries.ts';
import { TemporalUi } from '../../support/servers/temporal-ui.ts';
import { MendableService } from '../../support/stages/mendable-service.ts';
import { until } from '../../support/until.ts';

const PAIRS = pairsOf(['alice', 'bob'], ['alice', 'carol'], ['dave', 'bob']);
const NAMES = ['alice → bob', 'alice → carol', 'dave → bob'];

describe('the Temporal UI, in a browser, while Redis refuses the user and the webhook endpoint is not ready', () => {
  let service: MendableService;
  let ui: TemporalUi;
  let failing: string;
  let other: string;

  before(async () => {
    service = await MendableService.start();
    await service.redis.use((client) => client.mset('friends:alice', 1, 'friends:dave', 1, 'friends:bob', 1));
    failing = await service.deliver('ui-failing', PAIRS);
    other = await service.deliver('ui-other', pairsOf(['erin', 'frank']));
    ui = await TemporalUi.open(service.uiUrl);
  });
  after(async () => {
    await ui?.close();
    await service?.stop();
  });

  const inBrowser = (name: string, act: () => Promise<void>) => test(name, () => ui.pictured(act));

  inBrowser(
    'the link of docs/temporal.md lists what needs attention, with status and pairs in columns of their own',
    async () => {
      await ui.openList(attentionLink());
      await ui.chooseColumns({ add: ['UnfriendStatus', 'UnfriendPairs'] });
      const rows = await ui.rows();
      const shown = rows.map((row) => [row['Workflow ID'], row.UnfriendStatus, row.UnfriendPairs]);
      assert.deepEqual(shown.sort(), [
        [failing, 'NeedsAttention', '3'],
        [other, 'NeedsAttention', '1'],
      ]);
    },
  );

  inBrowser('the link that `unfriend failed` prints lists what needs a person', async () => {
    await ui.openList(attentionPage('', 'default'));
    const listed = (await ui.rows()).map((row) => row['Workflow ID']);
    assert.deepEqual(listed.sort(), [failing, other].sort());
  });

  inBrowser(
    'a failing delivery says whom it is about, and in a table what is done, retried and parked, and why',
    async () => {
      await ui.openDelivery(failing, 'user-metadata');
      assert.equal(await ui.summary(), 'alice → bob and 2 more pairs');
      const redis = `connecting to 127.0.0.1:${service.redis.port}: WRONGPASS, it refused user or password`;
      const webhook = `the endpoint at ${new URL(service.sink.url).host} answered HTTP 503`;
      assert.deepEqual(await ui.detailsTable(), [
        ['side effect', 'done', 'retrying', 'parked', 'last error'],
        ['clearCaches', '0 of 3', '0', '3', `Unauthorized: ${redis}`],
        ['updateSearchIndex', '3 of 3', '0', '0', ''],
        ['notifyUsers', '0 of 3', '3', '0', `ServerError: ${webhook}`],
      ]);
    },
  );

  inBrowser('activities are named after the pair or the recipient that they are for', async () => {
    await ui.openDelivery(failing, 'timeline');
    for (const sideEffect of ['clearCaches', 'updateSearchIndex']) {
      for (const name of NAMES) await ui.page.getByText(`${sideEffect} • ${name}`).waitFor();
    }
    await ui.page.getByText('notifyUsers • to alice (2 pairs)').first().waitFor();
  });

  inBrowser(
    'what waits in back-off is a pending activity, with its attempts of all and its last failure',
    async () => {
      await ui.openDelivery(failing, 'pending-activities');
      await ui.page
        .getByText(/^\s*([2-9]|\d\d+)\s*\/\s*124\s*$/)
        .nth(1)
        .waitFor();
      assert.equal(await ui.page.getByRole('heading', { name: 'notifyUsers' }).count(), 2);
      const failure = await ui.page.getByRole('textbox', { name: 'Last Failure' }).first().innerText();
      assert.match(failure, /the endpoint at 127\.0\.0\.1:\d+ answered HTTP 503/);
      assert.match(failure, /"type": "ServerError"/);
    },
  );

  inBrowser(
    'the page of OPS_PORT shows components, what came in and what is parked, and no account name',
    async () => {
      const { page } = ui;
      const faults: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') faults.push(message.text());
      });
      await page.goto(service.opsUrl);
      const component = (name: string) => page.getByRole('row').filter({ hasText: name });
      await component('journal')
        .getByText(/^taking callbacks, 0 pending/)
        .waitFor();
      await component('clearCaches')
        .getByText(/Unauthorized/)
        .waitFor();
      // Temporal is asked every 20 s, and the page every 5 s.
      const chart = (title: string) => page.locator('figure').filter({ hasText: title });
      await chart('Waiting for a person').getByText('parked 2').waitFor({ timeout: 60_000 });
      await chart('Callbacks answered')
        .getByText(/^OK \d/)
        .waitFor();
      assert.ok(
        (
          (await chart('Callbacks answered').locator('polyline').first().getAttribute('points')) ?? ''
        ).includes(' '),
      );
      assert.doesNotMatch(await page.content(), /alice|bob|carol|dave|erin|frank/);
      assert.deepEqual(faults, []);

      await page.getByRole('link', { name: 'What needs a person' }).click();
      const listed = (await ui.rows()).map((row) => row['Workflow ID']);
      assert.deepEqual(listed.sort(), [failing, other].sort());
    },
  );

  inBrowser('a dismissal without a reason is refused in the form, in words', async () => {
    await ui.openDelivery(failing, 'timeline');
    const form = await ui.fillUpdate('dismissFailed', { by: 'erin' });
    await form.getByRole('button', { name: 'Submit' }).click();
    await form
      .getByRole('alert')
      .getByText('reason: missing; say why, for others', { exact: true })
      .waitFor();
  });

  inBrowser(
    'retryFailed, sent from the form once all is mended, finishes the delivery: the keys are gone, and nothing ran twice',
    async () => {
      await ui.openDelivery(failing, 'timeline');
      await service.mend();
      const form = await ui.fillUpdate('retryFailed', { by: 'erin', reason: 'Redis knows us again' });
      await form.getByRole('button', { name: 'Submit' }).click();
      await ui.page.getByText('Update successful').first().waitFor();
      await until('the workflow to end', async () => {
        const { status } = await service.client.workflow.getHandle(failing).describe();
        return status.name !== 'RUNNING';
      });

      const keys = await service.redis.use((client) => client.keys('*'));
      assert.deepEqual(keys, ['friends:bob']);
      const { scheduled } = await scheduledActivities({ workflowId: failing, client: service.client });
      const summaries = (of: string) => scheduled.filter(({ type }) => type === of).map((one) => one.summary);
      assert.deepEqual(summaries('updateSearchIndex').sort(), NAMES);
      assert.deepEqual(summaries('clearCaches').sort(), [...NAMES, ...NAMES].sort());
      const messages = service.sink.acknowledged.map((taken) => readMessage(taken).data);
      const own = messages.filter(({ deliveryId }) => deliveryId === 'ui-failing');
      assert.deepEqual(own.map(({ recipient }) => recipient).sort(), ['alice', 'dave']);
    },
  );

  inBrowser(
    'a delivery that was retried is shown as completed, with who retried it and why, and is off the list',
    async () => {
      await ui.openDelivery(failing, 'user-metadata');
      assert.equal(await ui.status(), 'Completed');
      const [, ...sideEffects] = await ui.detailsTable();
      assert.deepEqual(
        sideEffects.map(([, ...cells]) => cells),
        Array(3).fill(['3 of 3', '0', '0', '']),
      );
      const [, action] = await ui.detailsTable(1);
      // How much waits in back-off at that moment is up to the clock.
      assert.match(action?.[1] ?? '', /^retryFailed: [3-6]$/);
      assert.deepEqual(action?.slice(2), ['erin', 'Redis knows us again']);
      await until('the list to show the other one alone', async () => {
        await ui.openList(attentionLink());
        const ids = (await ui.rows()).map((row) => row['Workflow ID']);
        return ids.length === 1 && ids[0] === other;
      });
    },
  );
});
