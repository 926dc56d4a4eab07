const WIDTH = 760;
const LABELS = 270;
const ROW = 22;
const GROUP_HEAD = 34;
const MARGIN = 16;
/** Kept free at the right for the number behind the longest bar. */
const NUMBERS = 60;
const LEGEND = 24;
const LEGEND_ITEM = 110;

export const OURS = '#0f766e';
export const OTHERS = '#94a3b8';

/** One bar: its parts from left to right, and the number that stands behind it. No parts: it was not measured. */
export type Bar = { label: string; parts: { value: number; colour: string }[]; number: string };

export type Group = {
  title: string;
  bars: Bar[];
  /** Where a dashed line shows what to compare with. */
  mark?: number;
};

type Chart = {
  /** For those who cannot see it. */
  title: string;
  groups: Group[];
  /** Whether the longest bar of each group is as long as that of the others. */
  scaledByGroup?: boolean;
  legend?: { text: string; colour: string }[];
};

/** A chart of horizontal bars in groups, as SVG. */
export function drawBars({ title, groups, scaledByGroup = false, legend = [] }: Chart): string {
  const overall = longestOf(groups);
  let top = MARGIN + (legend.length > 0 ? LEGEND : 0);
  const drawn = groups.map((group) => {
    const longest = scaledByGroup ? longestOf([group]) : overall;
    const text = drawGroup(group, top, (WIDTH - LABELS - NUMBERS - MARGIN) / longest);
    top += GROUP_HEAD + group.bars.length * ROW;
    return text;
  });
  const height = top + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#0f172a" role="img">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    ...legend.map(drawLegend),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function longestOf(groups: readonly Group[]): number {
  const lengths = groups.flatMap(({ bars, mark = 0 }) => [mark, ...bars.map(lengthOf)]);
  return Math.max(...lengths) || 1;
}

function lengthOf({ parts }: Bar): number {
  return parts.reduce((sum, { value }) => sum + value, 0);
}

function drawGroup({ title, bars, mark }: Group, top: number, scale: number): string {
  const rows = bars.map((bar, row) => drawBar(bar, top + GROUP_HEAD + row * ROW, scale));
  const heading = `<text x="${MARGIN}" y="${top + 20}" font-weight="600">${title}</text>`;
  if (mark === undefined) return [heading, ...rows].join('\n');
  const x = (LABELS + mark * scale).toFixed(1);
  const bottom = top + GROUP_HEAD + bars.length * ROW - 6;
  const line = `<line x1="${x}" x2="${x}" y1="${top + GROUP_HEAD - 4}" y2="${bottom}" stroke="#475569" stroke-dasharray="3 3"/>`;
  return [heading, ...rows, line].join('\n');
}

function drawBar(bar: Bar, y: number, scale: number): string {
  const text = `<text x="${LABELS - 8}" y="${y + 12}" text-anchor="end">${bar.label}</text>`;
  if (bar.parts.length === 0) return `${text}\n<text x="${LABELS + 6}" y="${y + 12}">not measured</text>`;
  let x = LABELS;
  const parts = bar.parts.map(({ value, colour }) => {
    const width = Math.max(1, value * scale);
    const drawn = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 6}" fill="${colour}"/>`;
    x += width;
    return drawn;
  });
  return [text, ...parts, `<text x="${(x + 6).toFixed(1)}" y="${y + 12}">${bar.number}</text>`].join('\n');
}

function drawLegend({ text, colour }: { text: string; colour: string }, index: number): string {
  const x = LABELS + index * LEGEND_ITEM - LEGEND_ITEM;
  return `<rect x="${x}" y="${MARGIN}" width="12" height="12" fill="${colour}"/>\n<text x="${x + 18}" y="${MARGIN + 11}">${text}</text>`;
}
