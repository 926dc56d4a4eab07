/** Worst last: a pair carried by several units counts as its worst one. */
export const MARKS = ['done', 'dismissed', 'pending', 'retrying', 'parked'] as const;
export type Mark = (typeof MARKS)[number];

/** How a mark is written when it is carried over to the next run. */
const LETTERS: Record<Mark, string> = { done: 'd', dismissed: 'x', pending: '.', retrying: 'r', parked: 'p' };

export function writeMarks(marks: readonly Mark[]): string {
  return marks.map((mark) => LETTERS[mark]).join('');
}

export function readMark(letter: string | undefined): Mark {
  return MARKS.find((mark) => LETTERS[mark] === letter) ?? 'pending';
}

export function worstOf(marks: readonly Mark[]): Mark {
  return MARKS[Math.max(0, ...marks.map((mark) => MARKS.indexOf(mark)))] ?? 'pending';
}
