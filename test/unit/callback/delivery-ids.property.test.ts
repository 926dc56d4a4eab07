import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { isSameCallback, type KnownKey, type Starter } from '../../../src/callback/delivery-id.ts';
import { DirectIntake } from '../../../src/intake/direct-intake.ts';
import { Dispatcher } from '../../../src/intake/dispatcher.ts';
import type { Intake, Receipt } from '../../../src/intake/intake.ts';
import { JournalIntake } from '../../../src/intake/journal-intake.ts';
import { RecentCallbacks } from '../../../src/intake/recent-callbacks.ts';
import { Journal, JournalUnavailableError } from '../../../src/journal/journal.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { DeliveryToStart } from '../../../src/temporal/start/start-delivery.ts';
import { collidingCallbacks, identityOf, type Named } from '../../support/inputs/colliding-callbacks.ts';
import { memoryFolder } from '../../support/servers/temporal.ts';

const WINDOW = 3_600_000;
const logger = createLogger('silent');
const metrics = createMetrics().journal;

const folder = memoryFolder();
let journal: Journal;
before(async () => {
  journal = await Journal.open({ dir: folder.path, maxPending: 100_000, remember: WINDOW, metrics, logger });
});
after(async () => {
  await journal.close();
  folder.remove();
});

/** What a Temporal server does with starts: the first one has the id. */
class Started implements Starter<DeliveryToStart> {
  readonly byId = new Map<string, KnownKey & { pairs: DeliveryToStart['pairs'] }>();
  #turns = 0;

  async start({ delivery, pairs, origin, bodyHash }: DeliveryToStart) {
    // Some overtake others.
    this.#turns = (this.#turns + 3) % 5;
    for (let turn = this.#turns; turn > 0; turn -= 1) await Promise.resolve();
    const known = this.byId.get(delivery.deliveryId);
    if (known) return isSameCallback(known, { origin, bodyHash }) ? 'existing' : 'other-callback';
    this.byId.set(delivery.deliveryId, { origin, bodyHash, pairs });
    return 'started';
  }

  async look({ delivery, origin, bodyHash }: DeliveryToStart) {
    const known = this.byId.get(delivery.deliveryId);
    if (!known) return 'absent';
    return isSameCallback(known, { origin, bodyHash }) ? 'existing' : 'other-callback';
  }
}

/** A process on the journal. What it remembers in memory alone ends with it. */
function receiver(starter: Starter<DeliveryToStart>) {
  const recent = new RecentCallbacks(WINDOW);
  const direct = new DirectIntake({ starter, recent, logger });
  const parts = { direct, recent, journaled: () => undefined, dedupeWindow: WINDOW, metrics, logger };
  return { direct, journaling: new JournalIntake({ journal, ...parts }) };
}

/** Hands over all that is pending. */
async function dispatch(starter: Starter<DeliveryToStart>): Promise<void> {
  const { store } = journal;
  const dispatcher = new Dispatcher({ store, starter, concurrency: () => 32, metrics, logger });
  dispatcher.start();
  await dispatcher.stop(10_000);
  assert.equal(store.pendingCount, 0);
}

/** What was answered: each callback has one id, no two have the same, and what came before is a duplicate. */
class Answered {
  readonly ids = new Map<string, string>();

  note(callback: Named, { deliveryId, duplicate }: Receipt): void {
    const identity = identityOf(callback);
    assert.equal(duplicate, this.ids.has(identity), identity);
    assert.equal(this.ids.get(identity) ?? deliveryId, deliveryId, identity);
    this.ids.set(identity, deliveryId);
    assert.equal(
      new Set(this.ids.values()).size,
      this.ids.size,
      `${identity} has another one's id ${deliveryId}`,
    );
  }

  /** Each was started under the id that was answered. */
  check(started: Started): void {
    assert.deepEqual([...started.byId.keys()].sort(), [...this.ids.values()].sort());
  }
}

/** Sends callbacks at once. */
async function send(intake: Intake, group: Named[], { callback }: Colliding): Promise<[Named, Receipt][]> {
  return Promise.all(
    group.map(async (named): Promise<[Named, Receipt]> => [named, await intake.accept(callback(named))]),
  );
}

/** Checks that each callback has one workflow, with its own pairs. */
function checkStarted({ byId }: Started, sent: Iterable<Named>, { callback, pairs }: Colliding): void {
  const workflows = [...byId.values()].map((found) => JSON.stringify([found.origin, found.pairs]));
  const expected = new Map(
    [...sent].map((named) => [
      identityOf(named),
      JSON.stringify([callback(named).key.origin, pairs(named.body)]),
    ]),
  );
  assert.deepEqual(workflows.sort(), [...expected.values()].sort());
}

type Colliding = ReturnType<typeof collidingCallbacks>;

let sets = 0;
/** Sequences of callbacks that were never seen before, though like those of another run. */
function sequences() {
  const { bodies, requestIds } = collidingCallbacks('any');
  const index = fc.record({
    requestId: fc.nat(requestIds.length - 1),
    body: fc.constantFrom(...bodies),
  });
  return fc.array(fc.array(index, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 10 });
}
type Indices = { requestId: number; body: number };
function named(groups: Indices[][]): { colliding: Colliding; groups: Named[][] } {
  sets += 1;
  const colliding = collidingCallbacks(`set-${sets}`);
  const name = ({ requestId, body }: Indices): Named => ({
    requestId: colliding.requestIds[requestId],
    body,
  });
  return { colliding, groups: groups.map((group) => group.map(name)) };
}

/** Checks something of many sequences, each on an empty journal. */
async function checkAll<T>(
  steps: fc.Arbitrary<T>,
  check: (given: { groups: Named[][]; colliding: Colliding; steps: T }) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(sequences(), steps, async (indices, steps) => {
      try {
        await check({ ...named(indices), steps });
      } finally {
        await dispatch(new Started());
      }
    }),
    { numRuns: 100 },
  );
}

test('given any callbacks whose ids get into each other’s way, then the journal gives each an id of its own, and it is started under that', async () => {
  await checkAll(fc.constant(undefined), async ({ groups, colliding }) => {
    const started = new Started();
    const { journaling } = receiver(started);
    const answered = new Answered();
    for (const group of groups)
      for (const each of await send(journaling, group, colliding)) answered.note(...each);
    assert.equal(journal.store.pendingCount, answered.ids.size, 'each was journaled once');
    assert.equal(started.byId.size, 0);
    await dispatch(started);
    checkStarted(started, groups.flat(), colliding);
    answered.check(started);
  });
});

test('given the same without a journal, then so it is', async () => {
  await checkAll(fc.constant(undefined), async ({ groups, colliding }) => {
    const started = new Started();
    const { direct } = receiver(started);
    const answered = new Answered();
    // One after another: of two at once the first to arrive at Temporal is the first.
    for (const callback of groups.flat())
      for (const each of await send(direct, [callback], colliding)) answered.note(...each);
    checkStarted(started, groups.flat(), colliding);
    answered.check(started);
  });
});

/** What happens before a group: the journal fails in some way, the dispatcher has its turn, or a new process starts. */
const STEPS = ['journal', 'unavailable', 'slow', 'dispatch', 'restart'] as const;
const steps = fc.array(fc.constantFrom(...STEPS), { minLength: 10 });

test('given a journal that comes and goes, commits that are only slow, and restarts, then each callback has one workflow', async () => {
  await checkAll(steps, async ({ groups, colliding, steps }) => {
    const started = new Started();
    let { journaling } = receiver(started);
    for (const [index, group] of groups.entries()) {
      const step = steps[index] ?? 'journal';
      if (step === 'dispatch') await dispatch(started);
      if (step === 'restart') ({ journaling } = receiver(started));
      const mend = breakJournal(step);
      await send(journaling, group, colliding);
      await mend();
    }
    await dispatch(started);
    checkStarted(started, groups.flat(), colliding);
  });
});

test('given a journal that comes and goes, and commits that are only slow, then it is told which workflow each callback has', async () => {
  await checkAll(steps, async ({ groups, colliding, steps }) => {
    const started = new Started();
    const { journaling } = receiver(started);
    const answered = new Answered();
    for (const [index, group] of groups.entries()) {
      const step = steps[index] ?? 'journal';
      if (step === 'dispatch') await dispatch(started);
      const mend = breakJournal(step);
      for (const each of await send(journaling, group, colliding)) answered.note(...each);
      await mend();
    }
    await dispatch(started);
    answered.check(started);
  });
});

/** Until it is mended, the journal takes nothing, or too late. */
function breakJournal(how: (typeof STEPS)[number]): () => Promise<void> {
  if (how !== 'slow' && how !== 'unavailable') return async () => undefined;
  const late: Parameters<Journal['append']>[] = [];
  journal.append = async (...entry) => {
    if (how === 'slow') late.push(entry);
    throw new JournalUnavailableError(how);
  };
  return async () => {
    Reflect.deleteProperty(journal, 'append');
    await Promise.all(late.map(([pending, seenKey]) => journal.append(pending, seenKey)));
  };
}
