import { Argument, type Command } from '@commander-js/extra-typings';
import { type CliContext, EXIT } from '../context.ts';
import { print, printJson } from '../output.ts';
import type { Finding } from './finding.ts';

export function addCheck(program: Command, context: CliContext): void {
  program
    .command('check')
    .description('validate the settings and reach every component once')
    .addArgument(
      new Argument('[command]', 'for which command').choices(['start', 'serve', 'work']).default('start'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Wants the settings that the command itself wants, CACHE_URL, SEARCH_URL and NOTIFY_URL among them.
Reaches Temporal, and the endpoint of RELAY_URL if it is set. For work and start it also reaches the backends of the side
effects. Exits 1 when it finds a fault. A warning alone exits 0.

Examples:
  $ TEMPORAL_ADDRESS=temporal:7233 SDK_APP_ID=1400000000 npx unfriend check
  $ NODE_ENV=production TEMPORAL_ADDRESS=temporal:7233 npx unfriend check work`,
    )
    .action(async (command, options) => {
      const { checkAll } = await import('./check-all.ts');
      const findings = await checkAll(context, command);
      const ok = findings.every(({ state }) => state !== 'fault');
      if (options.json) printJson({ ok, findings });
      else for (const finding of findings) print(format(finding));
      context.exitCode = ok ? EXIT.done : EXIT.failed;
    });
}

const MARKS = { ok: '✓', warning: '!', fault: '✗' } as const;

function format({ component, state, message }: Finding): string {
  return `${MARKS[state]} ${component}: ${message}`;
}
