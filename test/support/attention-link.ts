import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

/** The link of docs/temporal.md to what needs a person in the Temporal UI, without its host: path and query. */
export function attentionLink(): string {
  const page = readFileSync(join(PACKAGE_ROOT, 'docs', 'temporal.md'), 'utf8');
  const [, link] =
    /\[this link\]\((http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\?query=[^)]+)\)/.exec(page) ??
    [];
  if (!link) throw new Error('docs/temporal.md has no link to what needs a person');
  const { pathname, search } = new URL(link);
  return pathname + search;
}
