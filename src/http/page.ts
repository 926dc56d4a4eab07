import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Router from '@koa/router';
import { PACKAGE_ROOT, VERSION } from '../package-root.ts';
import type { RecentMetrics } from '../telemetry/recent.ts';

export type PageOptions = {
  recent: RecentMetrics;
  /** What this process does, for the title: `receiver and worker`. */
  what: string;
  /** Where people see Temporal's list of what needs them. */
  attentionUrl: string;
};

/** The page for people at `/`: one static file, and the figures that its script asks for. */
export function addPage(router: Router, { recent, what, attentionUrl }: PageOptions): void {
  // The build puts it there.
  const html = readFileSync(join(PACKAGE_ROOT, 'dist', 'src', 'http', 'page.html'), 'utf8');
  // The page may run its own script and style, and nothing else.
  const policy = [
    "default-src 'none'",
    "connect-src 'self'",
    'img-src data:',
    `script-src '${hashOf(html, 'script')}'`,
    `style-src '${hashOf(html, 'style')}'`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  router.get('/', (ctx) => {
    ctx.set({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    ctx.type = 'html';
    ctx.body = html;
  });
  router.get('/recent', (ctx) => {
    ctx.set('cache-control', 'no-store');
    const { everyMs, charts } = recent;
    ctx.body = { version: VERSION, what, attentionUrl, everyMs, charts };
  });
}

/** Of the content of the page's only element of that name, as a content security policy spells it. */
function hashOf(html: string, element: 'script' | 'style'): string {
  const content = html.split(`<${element}>`)[1]?.split(`</${element}>`)[0] ?? '';
  return `sha256-${createHash('sha256').update(content).digest('base64')}`;
}
