import { heartbeat } from '@temporalio/activity';
import pMap from 'p-map';
import type {
  CheckFriendshipsInput,
  EndedPair,
  Pair,
  ReconcilePosition,
  ReconcileState,
} from '../../workflows/contract.ts';
import { cutCalls, type FriendCall } from '../ask-friendships.ts';
import { BackendError } from '../backends/backend.ts';
import type { Friendships } from '../backends/friendships.ts';
import { Pacer } from '../backends/net/pacer.ts';
import type { SearchIndex } from '../backends/search-index.ts';
import type { DocumentIds } from '../document-ids.ts';
import { collectPairs, isAfter } from './collect-pairs.ts';
import { addCounts, addError } from './counts.ts';
import type { ReconcileTools } from './tools.ts';

type Tools = Pick<ReconcileTools, 'startEnded' | 'count'> & {
  searchIndex: SearchIndex;
  friendships: Friendships;
  documentIds: DocumentIds;
};

/** What the vendor said in one call. `askedAt`: just before it. */
type Asked = FriendCall & { askedAt: number; friends: (boolean | BackendError)[] };

/** One activity works for about this long, so that the workflow knows how far it is. */
const WORK_MS = 20_000;

/** So many calls run at the same time. Then the state moves on. */
const CALLS_AT_ONCE = 8;
/** With so many found the activity ends. So the state stays far below what a payload may have. */
const MOST_TO_START = 1_000;
const STARTS_AT_ONCE = 8;

/**
 * Starts the pairs that the activity before it found, and reads the next part of the index and asks about its pairs.
 * A pair that ended is started only after Temporal recorded that it ended. The delivery deletes the document, so nobody
 * could find and count that pair again.
 */
export class ReconcilePart {
  state: ReconcileState;
  readonly #tools: Tools;
  readonly #input: CheckFriendshipsInput;
  readonly #pacer = new Pacer();

  constructor(tools: Tools, input: CheckFriendshipsInput) {
    this.#tools = tools;
    this.#input = input;
    this.state = input.state;
  }

  /** @returns whether everything is done */
  async work(signal: AbortSignal): Promise<boolean> {
    const over = performance.now() + WORK_MS;
    await this.#measure(signal);
    await this.#startEnded();
    for (;;) {
      const { after, until } = this.#position;
      if (after >= until) return this.#toStart.length === 0;
      const pairs = await this.#collect(signal);
      const calls = cutCalls(pairs, this.#tools.friendships.atOnce);
      for (let call = 0; call < calls.length; call += CALLS_AT_ONCE) {
        if (performance.now() > over || this.#toStart.length >= MOST_TO_START) return false;
        await this.#check(calls.slice(call, call + CALLS_AT_ONCE), signal);
      }
      this.#moveTo({ after: this.#position.end ?? until, until });
    }
  }

  get #position(): ReconcilePosition {
    return this.state.position ?? { after: -1, until: -1 };
  }

  get #toStart(): EndedPair[] {
    return this.state.toStart ?? [];
  }

  #moveTo(position: ReconcilePosition): void {
    this.state = { ...this.state, position };
  }

  async #measure(signal: AbortSignal): Promise<void> {
    if (this.state.position) return;
    const { documents, newest } = await this.#tools.searchIndex.measure(signal);
    this.state = { ...this.state, total: documents, position: { after: -1, until: newest } };
  }

  /** The pairs that are next, those of one account together. A part that was begun is read again to the same end. */
  async #collect(signal: AbortSignal): Promise<Pair[]> {
    const { accounts } = this.#input;
    const position = this.#position;
    const { pairs, end, documents, unreadable } = await collectPairs(
      this.#tools,
      { position, accounts },
      signal,
    );
    if (position.end === undefined) {
      this.state = addCounts(this.state, { documents, unreadable });
      this.#moveTo({ ...position, end });
    }
    const { last } = position;
    return last ? pairs.filter((pair) => isAfter(pair, last)) : pairs;
  }

  /** Asks about some pairs, and keeps in the state which of them ended. */
  async #check(calls: FriendCall[], signal: AbortSignal): Promise<void> {
    const asked = await pMap(calls, (call) => this.#ask(call, signal), { concurrency: CALLS_AT_ONCE });
    const ended = asked.flatMap(({ from, to, askedAt, friends }) =>
      to.flatMap((account, index) => (friends[index] === false ? [{ from, to: account, askedAt }] : [])),
    );
    const failures = asked.flatMap(({ friends }) => friends.filter((answer) => typeof answer === 'object'));
    const pairs = asked.reduce((sum, { to }) => sum + to.length, 0);
    const counts = { pairs, ended: ended.length, failed: failures.length };
    this.state = failures.reduce(addError, addCounts(this.state, counts));
    const last = asked.at(-1);
    if (last) this.#moveTo({ ...this.#position, last: { from: last.from, to: last.to.at(-1) ?? '' } });
    const { count } = this.#tools;
    count?.('friends', pairs - ended.length - failures.length);
    count?.('failed', failures.length);
    if (this.#input.dryRun) count?.('ended', ended.length);
    else this.state = { ...this.state, toStart: [...this.#toStart, ...ended] };
    heartbeat(this.state);
  }

  async #startEnded(): Promise<void> {
    const { startEnded, count } = this.#tools;
    await pMap(
      this.#toStart,
      async (pair) => {
        const outcome = await startEnded(pair, this.state);
        const counts = outcome === 'started' ? { started: 1 } : { alreadyStarted: 1 };
        const toStart = this.#toStart.filter((other) => other !== pair);
        this.state = { ...addCounts(this.state, counts), toStart };
        count?.(outcome, 1);
      },
      { concurrency: STARTS_AT_ONCE },
    );
    heartbeat(this.state);
  }

  async #ask({ from, to }: FriendCall, signal: AbortSignal): Promise<Asked> {
    const { rate } = this.#input;
    if (rate !== undefined) await this.#pacer.turn(rate, signal);
    // Before the call: a document that is indexed after it must survive.
    const askedAt = Date.now();
    try {
      return { from, to, askedAt, friends: await this.#tools.friendships.areFriends(from, to, signal) };
    } catch (error) {
      // The vendor refuses this call for good. Others can do better.
      if (!(error instanceof BackendError) || error.type !== 'Rejected') throw error;
      return { from, to, askedAt, friends: to.map(() => error) };
    }
  }
}
