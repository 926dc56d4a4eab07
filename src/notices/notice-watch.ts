import type { Notice, NoticeCondition, Sighting } from '../../workflows/contract.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Reading } from './conditions.ts';

/** By how long a condition must hold: how often it is looked at, and how often its workflow hears of it. All in ms. */
export function paceOf(after: number): { lookEvery: number; tellEvery: number; overAfter: number } {
  const lookEvery = Math.min(20_000, Math.max(1_000, after / 15));
  const tellEvery = 3 * lookEvery;
  return { lookEvery, tellEvery, overAfter: 3 * tellEvery };
}

/** Refused callbacks are told of at once: they are lost. */
const AT_ONCE: ReadonlySet<NoticeCondition> = new Set(['callbacks-refused']);

/** Temporal being away can cause only these, so only these are told of without Temporal. */
const OF_THIS_PROCESS: ReadonlySet<NoticeCondition> = new Set(['callbacks-refused', 'journal-stuck']);

export type NoticeWatchOptions = {
  read: () => Reading[] | Promise<Reading[]>;
  /** How long a condition must hold, in ms. */
  after: number;
  /** This process, for people: the host's name. */
  source: string;
  /** Tells the condition's workflow. Rejects while Temporal is away. */
  tell: (condition: NoticeCondition, sighting: Sighting) => Promise<void>;
  /** Sends the notice from this process, without Temporal. */
  sendDirectly: (notice: Notice) => Promise<void>;
  logger: Logger;
};

/** How long a condition has held in the eyes of this process. Times are on the wall clock, in ms. */
type Episode = { toldAt?: number; isSentDirectly?: boolean; sighting: Sighting };

/** Looks regularly for what people must hear of, and passes it on to the workflow that tells them. */
export class NoticeWatch {
  readonly #options: NoticeWatchOptions;
  readonly #pace: ReturnType<typeof paceOf>;
  readonly #episodes = new Map<NoticeCondition, Episode>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: NoticeWatchOptions) {
    this.#options = options;
    this.#pace = paceOf(options.after);
  }

  start(): void {
    const look = async () => {
      await this.look(Date.now());
      if (this.#timer !== undefined) this.#timer = setTimeout(look, this.#pace.lookEvery).unref();
    };
    this.#timer = setTimeout(look, this.#pace.lookEvery).unref();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Looks once. Never rejects.
   *
   * @param now ms since the epoch
   */
  async look(now: number): Promise<void> {
    const { read, logger } = this.#options;
    try {
      for (const reading of await read()) await this.#note(reading, now);
    } catch (error) {
      logger.warn({ reason: error instanceof Error ? error.message : String(error) }, 'no look for notices');
    }
  }

  async #note({ condition, isSo, facts }: Reading, now: number): Promise<void> {
    if (isSo === undefined) return;
    const known = this.#episodes.get(condition);
    if (!isSo) {
      this.#episodes.delete(condition);
      if (known?.isSentDirectly) await this.#sendDirectly(condition, known, now);
      return;
    }
    const since = known?.sighting.since ?? now;
    const episode: Episode = { ...known, sighting: { source: this.#options.source, since, facts } };
    this.#episodes.set(condition, episode);
    // Told of by this process alone: its workflow would tell the same once more.
    if (episode.isSentDirectly) return;
    const isDue = AT_ONCE.has(condition) || now - since >= this.#options.after;
    const isNews = episode.toldAt === undefined || now - episode.toldAt >= this.#pace.tellEvery;
    if (isDue && isNews) await this.#tell(condition, episode, now);
  }

  async #tell(condition: NoticeCondition, episode: Episode, now: number): Promise<void> {
    const { tell, logger } = this.#options;
    try {
      await tell(condition, episode.sighting);
      episode.toldAt = now;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.debug({ condition, reason }, 'Temporal could not be told of a condition');
      if (OF_THIS_PROCESS.has(condition)) await this.#sendDirectly(condition, episode);
    }
  }

  /** @param until absent: the condition still holds */
  async #sendDirectly(condition: NoticeCondition, episode: Episode, until?: number): Promise<void> {
    const { sendDirectly, logger } = this.#options;
    const { sighting } = episode;
    const { since } = sighting;
    const when = until === undefined ? { state: 'began' as const } : { state: 'ended' as const, until };
    try {
      await sendDirectly({ condition, since, ...when, sightings: [sighting] });
      episode.isSentDirectly = true;
    } catch (error) {
      logger.warn(
        { reason: error instanceof Error ? error.message : String(error) },
        'a notice was not sent',
      );
    }
  }
}
