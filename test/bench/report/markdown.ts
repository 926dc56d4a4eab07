import { AS_ANSWERED, AT_A_RATE, type ContenderResults, type Results } from '../results.ts';
import { checkClaims } from './claims.ts';
import { ratio, summarise } from './summary.ts';

/** The contender that the others are compared with. */
export const BASE = 'koa-zod';
/** A load generator as busy as this may have been the limit itself. */
const BUSY = 0.95;

/** `intake.md`: what was measured, in words and tables. */
export function toMarkdown(results: Results): string {
  const { contenders } = results;
  const working = contenders.filter(({ hasWorker }) => hasWorker);
  return [
    '# Intake: callbacks acknowledged, by what keeps them',
    describeRun(results),
    '![Answers per second, relative to (b)](intake.svg)',
    '## What the journal must show',
    table(
      ['load', 'claim', 'ratio, median of the rounds', 'lowest–highest', ''],
      checkClaims(results).map(({ load, text, ratio: measured, verdict }) => [
        load,
        text,
        measured ? times(measured.median) : '–',
        measured ? `${times(measured.lowest)}–${times(measured.highest)}` : '–',
        verdict,
      ]),
    ),
    ...AS_ANSWERED.flatMap(({ title }) => [`## ${title}`, measurements(results, title, contenders)]),
    ...AT_A_RATE.flatMap(({ title }) => [`## ${title}`, measurements(results, title, working)]),
    '## Notes',
    notes(results).join('\n'),
    '',
  ].join('\n\n');
}

function describeRun({ date, rounds, seconds, machine }: Results): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${date}; rounds: ${rounds}, ${seconds} s a measurement; made by \`npm run bench:intake\`. Only ratios within`,
    'one run mean anything: the absolute numbers are those of this machine at that moment.',
    '',
    `- ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; load generator, contender and servers share them; load average before: ${machine.loadBefore.toFixed(1)}`,
    `- ${machine.fileSystem}; 4 KiB written and synced: ${machine.syncMs.toFixed(2)} ms (median)`,
    `- ${versions.join(', ')}`,
  ].join('\n');
}

function measurements(results: Results, load: string, contenders: readonly ContenderResults[]): string {
  const rows = contenders.map((contender) => {
    const summary = summarise(contender, load);
    const compared = ratio(results, {
      of: contender.name,
      to: BASE,
      load,
      figure: 'answersPerSecond',
    });
    const figures = summary
      ? [summary.answersPerSecond, summary.p50, summary.p99, summary.p999].map(readable)
      : ['–', '–', '–', '–'];
    return [
      `(${contender.letter}) ${contender.label}${mark(contender)}`,
      contender.meaning,
      ...[figures[0] ?? '', compared ? times(compared.median) : '–', ...figures.slice(1)],
    ];
  });
  return table(['contender', 'what `OK` means', 'answers/s', 'of (b)', 'p50 ms', 'p99 ms', 'p99.9 ms'], rows);
}

function mark({ faults, notRun }: ContenderResults): string {
  if (notRun !== undefined) return ' **NOT RUN**';
  return faults.length > 0 ? ' **FAULTY, see the notes**' : '';
}

function notes({ contenders }: Results): string[] {
  const lines = contenders.flatMap(({ letter, notRun, faults, temporal, measurements: all }) => [
    ...(notRun === undefined ? [] : [`- (${letter}) NOT RUN: ${notRun}`]),
    ...faults.map(({ round, fault }) => `- (${letter}) round ${round}: ${fault.replaceAll('\n', ' ')}`),
    ...temporal.map(({ round, state }) => `- (${letter}) round ${round}, Temporal: ${state}`),
    ...all
      .filter(({ refused }) => refused > 0)
      .map(
        ({ round, load, refused, acknowledged }) =>
          `- (${letter}) round ${round}, ${load}: ${refused} of ${refused + acknowledged} refused, for nothing could make them durable in time`,
      ),
    ...all
      .filter(({ generatorBusy }) => generatorBusy > BUSY)
      .map(({ round, load }) => `- (${letter}) round ${round}, ${load}: the load generator was the limit`),
  ]);
  return [
    '- Every callback is signed, has three pairs and a RequestId of its own.',
    '- Connections: each connection sends its next callback when it has the answer. No worker runs.',
    '- Callbacks a second: they are sent at this rate, however late the answers are. Times are from the moment at which a callback was due. Workers run meanwhile: the worker of (c) does the embedded side effects, and those of (e) and (f) take each callback and do nothing. If all can keep the rate, all give the same number of answers, and only the times differ.',
    '- Each contender runs alone with its servers, started anew each round; the order rotates. The raw numbers are in `intake.json`.',
    '- Checked in each round: (e) and (f) hold at least as many callbacks as they acknowledged, where no worker takes them away; (c) and (d) counted as many as accepted, not as duplicates.',
    ...lines,
  ];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Three significant digits, or whole numbers with their thousands apart. */
function readable(value: number): string {
  if (Number.isNaN(value)) return '–';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

function times(value: number): string {
  return `${value.toFixed(2)}×`;
}
