import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

/** The README's link to what needs attention in the Temporal UI, without its host: path and query. */
export function attentionLink(): string {
  const readme = readFileSync(join(PACKAGE_ROOT, 'README.md'), 'utf8');
  const [, link] =
    /\[this link\]\((http:\/\/127\.0\.0\.1:8233\/namespaces\/default\/workflows\?query=[^)]+)\)/.exec(
      readme,
    ) ?? [];
  if (!link) throw new Error('README.md has no link to what needs attention');
  const { pathname, search } = new URL(link);
  return pathname + search;
}
