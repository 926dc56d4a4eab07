import type { Notice, NoticeCondition, NoticeFacts, Sighting } from '../../workflows/contract.ts';
import type { AttentionSummary } from '../temporal/attention/narrow-attention.ts';

/** How many processes a notice names. */
const MAX_SOURCES = 10;

/** What the text needs besides the notice. `attention`: what `failed` lists now; absent: Temporal could not be asked. */
export type NoticeContext = { link: string; attention?: AttentionSummary | undefined };

/** A notice for people and for programs. It names no account. */
export type ComposedNotice = {
  condition: NoticeCondition;
  state: Notice['state'];
  since: string;
  until: string | null;
  text: string;
  facts: NoticeFacts;
  sources: string[];
  link: string;
  /** What to type next. */
  command: string;
};

const COMMANDS: Record<NoticeCondition, string> = {
  'needs-person': 'npx unfriend failed',
  'callbacks-refused': 'npx unfriend check',
  'journal-stuck': 'npx unfriend journal',
  'no-worker': 'npx unfriend check',
};

const HEADLINES: Record<NoticeCondition, { began: string; ended: string }> = {
  'needs-person': {
    began: 'deliveries need a person',
    ended: 'no delivery needs a person any more',
  },
  'callbacks-refused': {
    began: 'callbacks are refused. If Tencent Chat sent them, they are lost',
    ended: 'no callback is refused any more',
  },
  'journal-stuck': {
    began: 'a journal takes nothing, or its deliveries wait too long for Temporal',
    ended: 'the journals take and hand over deliveries again',
  },
  'no-worker': {
    began: 'no worker runs. Deliveries wait, and no side effect happens',
    ended: 'workers run again',
  },
};

export function composeNotice(notice: Notice, { link, attention }: NoticeContext): ComposedNotice {
  const { condition, state, since, until, sightings } = notice;
  const facts = factsOf(sightings);
  const command = COMMANDS[condition];
  const lines = [`Unfriend: ${HEADLINES[condition][state]} (${period(since, until)}).`];
  if (state === 'began') {
    lines.push(...describe(condition, facts, attention));
    if (condition !== 'needs-person') lines.push(`Seen by ${nameSources(sightings)}.`);
    lines.push(`In the Temporal UI: ${link}`, `Command: ${command}`);
  }
  return {
    condition,
    state,
    since: new Date(since).toISOString(),
    until: until === undefined ? null : new Date(until).toISOString(),
    text: lines.join('\n'),
    facts,
    sources: sightings.map(({ source }) => source),
    link,
    command,
  };
}

/** What several receivers saw adds up. What all processes ask Temporal is the same for each, so the highest counts. */
function factsOf(sightings: readonly Sighting[]): NoticeFacts {
  const facts: NoticeFacts = {};
  for (const { facts: seen } of sightings)
    for (const [name, count] of Object.entries(seen))
      facts[name] = OF_TEMPORAL.has(name) ? Math.max(facts[name] ?? 0, count) : (facts[name] ?? 0) + count;
  return facts;
}

const OF_TEMPORAL = new Set(['parked', 'abandoned', 'backlog', 'oldestSeconds']);

function describe(
  condition: NoticeCondition,
  facts: NoticeFacts,
  attention: AttentionSummary | undefined,
): string[] {
  if (condition === 'needs-person' && attention) {
    const { open, closed, parked, errors } = attention;
    return [
      `${open + closed} deliveries: ${open} wait, ${closed} ended with side effects undone.`,
      ...counted('Parked pairs', parked),
      ...counted('Deliveries by failure', errors),
    ];
  }
  return counted('Counted', facts);
}

function counted(what: string, counts: Record<string, number>): string[] {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? [] : [`${what}: ${parts.join(', ')}.`];
}

function nameSources(sightings: readonly Sighting[]): string {
  const names = sightings.map(({ source }) => source);
  const more = names.length - MAX_SOURCES;
  return more > 0 ? `${names.slice(0, MAX_SOURCES).join(', ')} and ${more} more` : names.join(', ');
}

function period(since: number, until: number | undefined): string {
  const began = new Date(since).toISOString().replace(/\.\d+Z$/, 'Z');
  return until === undefined
    ? `since ${began}`
    : `${began} to ${new Date(until).toISOString().replace(/\.\d+Z$/, 'Z')}`;
}
