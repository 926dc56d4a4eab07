/** Text that people read in the Temporal UI. */

/** The UI puts no space between cells. Each cell ends with two non-breaking spaces, because ordinary ones collapse. */
export function tableRow(cells: (string | number)[]): string {
  return `| ${cells.map((cell) => `${cell}\u00a0\u00a0`).join(' | ')} |`;
}

export function tableHead(titles: string[]): string[] {
  return [tableRow(titles), `|${' --- |'.repeat(titles.length)}`];
}

/** Accounts and messages are data: they must not end a cell, or become a link or an image. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_[\]<>#~]/g, '\\$&');
}

/** The first `length` characters; the last of them is `…` where something was cut off. */
export function shorten(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

/** `6,000`. Not by `toLocaleString`: the text of a workflow must not depend on the locale data of the worker. */
export function withCommas(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `2026-01-05 08:44 UTC` */
export function asTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
