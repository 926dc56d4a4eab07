import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

/** One Markdown file of the project, taken apart as far as tests ask for it. */
export type Page = {
  /** From the package's root, such as `docs/settings.md`. */
  path: string;
  text: string;
  headings: Heading[];
  /** Where links and pictures lead, as they are written. */
  links: string[];
  codeBlocks: CodeBlock[];
  /** Inline code, without its backticks. */
  codeSpans: string[];
};

export type Heading = { level: number; title: string; anchor: string };
export type CodeBlock = { language: string; code: string };

/** One row of a table, by the titles of its columns. */
export type Row = Record<string, string>;

const FENCED = /^( *)```(\w*)\n([\s\S]*?)\n *```$/gm;
const LINK = /!?\[(?:[^\]\\]|\\.)*\]\(([^()\s]+)\)/g;
const NOT_OURS = new Set(['node_modules', 'dist']);

export function readPage(...path: string[]): Page {
  const text = readFileSync(join(PACKAGE_ROOT, ...path), 'utf8');
  const prose = text.replace(FENCED, '');
  return {
    path: join(...path),
    text,
    headings: headingsOf(prose),
    links: [...prose.replace(/`[^`\n]+`/g, 'code').matchAll(LINK)].map(([, target = '']) => target),
    codeBlocks: [...text.matchAll(FENCED)].map(([, , language = '', code = '']) => ({ language, code })),
    codeSpans: [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
  };
}

/** Every Markdown file of the project. */
export function readAllPages(): Page[] {
  return markdownFiles(PACKAGE_ROOT).map((file) => readPage(relative(PACKAGE_ROOT, file)));
}

function markdownFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith('.') || NOT_OURS.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return markdownFiles(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

function headingsOf(prose: string): Heading[] {
  const taken = new Map<string, number>();
  return [...prose.matchAll(/^(#{1,6}) (.+)$/gm)].map(([, marks = '', title = '']) => {
    const slug = slugOf(title);
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    return { level: marks.length, title, anchor: count === 0 ? slug : `${slug}-${count}` };
  });
}

/** As GitHub makes an anchor of a heading: letters and digits of any script, `_` and `-` stay. */
function slugOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
    .replaceAll(' ', '-');
}

/** The file that a link leads to, from the package's root, and the anchor in it; undefined: another site. */
export function resolveLink(page: Page, link: string): { file: string; anchor: string } | undefined {
  if (/^[a-z]+:/i.test(link)) return undefined;
  const [file = '', anchor = ''] = link.split('#');
  const target = file === '' ? page.path : normalize(join(dirname(page.path), decodeURI(file)));
  return { file: target, anchor: decodeURI(anchor) };
}

/** The text below a heading, up to the next one of its level or above. */
export function sectionOf({ path, text }: Page, title: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === title);
  if (start < 0) throw new Error(`${path} has no section "${title}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const isEnd = (line: string) => (/^#+(?= )/.exec(line)?.[0].length ?? 7) <= level;
  const length = lines.slice(start + 1).findIndex(isEnd);
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The rows of every table whose first columns have these titles. */
export function tableRows({ text }: Pick<Page, 'text'>, ...titles: string[]): Row[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    const columns = cellsOf(line);
    if (!titles.every((title, column) => columns[column] === title)) return [];
    if (!/^\|[-|]+\|$/.test(lines[index + 1] ?? '')) return [];
    const rows = lines.slice(index + 2);
    const end = rows.findIndex((row) => !row.startsWith('|'));
    return rows.slice(0, end < 0 ? undefined : end).map((row) => {
      const cells = cellsOf(row);
      return Object.fromEntries(columns.map((column, position) => [column, cells[position] ?? '']));
    });
  });
}

/** A `|` within inline code, written `\|`, separates nothing. */
function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim());
}

/** What stands in backticks in a text. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
}
