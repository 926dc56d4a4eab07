import { AS_ANSWERED, type Results } from '../results.ts';
import { type Bar, drawBars, OTHERS, OURS } from './bars.ts';
import { BASE } from './markdown.ts';
import { ratio } from './summary.ts';

/** `intake.svg`: bars of answers per second relative to (b), a group for each number of connections. */
export function toSvg(results: Results): string {
  return drawBars({
    title: 'Answers per second of each contender, relative to (b)',
    groups: AS_ANSWERED.map(({ title }) => ({
      title: `${title}: answers per second, (b) = 1`,
      bars: bars(results, title),
      mark: 1,
    })),
  });
}

function bars(results: Results, load: string): Bar[] {
  return results.contenders.map(({ name, letter, label, faults }) => {
    const value = ratio(results, { of: name, to: BASE, load, figure: 'answersPerSecond' })?.median;
    const colour = label.startsWith('Unfriend') ? OURS : OTHERS;
    return {
      label: `(${letter}) ${label}${faults.length > 0 ? ' – FAULTY' : ''}`,
      parts: value === undefined ? [] : [{ value, colour }],
      number: value === undefined ? '' : value.toFixed(2),
    };
  });
}
