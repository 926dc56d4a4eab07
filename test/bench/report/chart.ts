import { CONNECTIONS, type Results } from '../results.ts';
import { BASE } from './markdown.ts';
import { ratio } from './summary.ts';

const WIDTH = 760;
const LABELS = 270;
const ROW = 22;
const GROUP_HEAD = 34;
const MARGIN = 16;
/** Kept free at the right for the number behind the longest bar. */
const NUMBERS = 60;
const OURS = '#0f766e';
const OTHERS = '#94a3b8';

type Bar = { label: string; ours: boolean; value: number | undefined };

/** `intake.svg`: bars of answers per second relative to (b), a group for each number of connections. */
export function toSvg(results: Results): string {
  const groups = CONNECTIONS.map((connections) => ({ connections, bars: bars(results, connections) }));
  const longest = Math.max(1, ...groups.flatMap((group) => group.bars.map(({ value }) => value ?? 0)));
  const scale = (WIDTH - LABELS - NUMBERS - MARGIN) / longest;
  const groupHeight = GROUP_HEAD + results.contenders.length * ROW;
  const height = 2 * MARGIN + groups.length * groupHeight;
  const drawn = groups.map(({ connections, bars: group }, index) => {
    const top = MARGIN + index * groupHeight;
    const title = `${connections === 1 ? '1 connection' : `${connections} connections`}: answers per second, (b) = 1`;
    const rows = group.map((bar, row) => drawBar(bar, top + GROUP_HEAD + row * ROW, scale));
    return [
      `<text x="${MARGIN}" y="${top + 20}" font-weight="600">${title}</text>`,
      ...rows,
      // Where (b) ends, to compare with at a glance.
      `<line x1="${LABELS + scale}" x2="${LABELS + scale}" y1="${top + GROUP_HEAD - 4}" y2="${top + groupHeight - 6}" stroke="#475569" stroke-dasharray="3 3"/>`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#0f172a" role="img">`,
    '<title>Answers per second of each contender, relative to (b)</title>',
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function bars(results: Results, connections: number): Bar[] {
  return results.contenders.map(({ name, letter, label, faults }) => ({
    label: `(${letter}) ${label}${faults.length > 0 ? ' – FAULTY' : ''}`,
    ours: label.startsWith('Unfriend'),
    value: ratio(results, { of: name, to: BASE, connections, figure: 'answersPerSecond' })?.median,
  }));
}

function drawBar({ label, ours, value }: Bar, y: number, scale: number): string {
  const text = `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${label}</text>`;
  if (value === undefined) return `${text}\n<text x="${LABELS + 6}" y="${y + 12}">not measured</text>`;
  const width = Math.max(1, value * scale);
  return [
    text,
    `<rect x="${LABELS}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${ours ? OURS : OTHERS}"/>`,
    `<text x="${(LABELS + width + 6).toFixed(1)}" y="${y + 12}">${value.toFixed(2)}</text>`,
  ].join('\n');
}
