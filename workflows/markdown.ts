/** The UI sets cells without space between them, so each ends with two that don't collapse. */
export function tableRow(cells: (string | number)[]): string {
  return `| ${cells.map((cell) => `${cell}\u00a0\u00a0`).join(' | ')} |`;
}

export function tableHead(titles: string[]): string[] {
  return [tableRow(titles), `|${' --- |'.repeat(titles.length)}`];
}

/** Accounts and messages are data: none may end a cell, or become a link or an image. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\|`*_[\]<>#~]/g, '\\$&');
}
