import type { Command } from '@commander-js/extra-typings';
import type { ServiceRole } from '../config/role.ts';
import type { CliContext } from './context.ts';

type ServiceDescription = { role: Exclude<ServiceRole, 'demo'>; description: string; examples: string };

const SERVICES: ServiceDescription[] = [
  {
    role: 'start',
    description: 'receiver and worker in one process; a local Temporal server where none is configured',
    examples: `
Examples:
  $ SDK_APP_ID=1400000000 CALLBACK_TOKEN=secret npx unfriend start
  $ TEMPORAL_ADDRESS=temporal:7233 SDK_APP_ID=1400000000 npx unfriend start`,
  },
  {
    role: 'serve',
    description: 'receiver alone, for production; run several behind a load balancer',
    examples: `
Example:
  $ NODE_ENV=production DATA_DIR=/var/lib/unfriend TEMPORAL_ADDRESS=temporal:7233 \\
      SDK_APP_ID=1400000000 CALLBACK_TOKEN=secret npx unfriend serve`,
  },
  {
    role: 'work',
    description: 'worker alone, for production; run as many as the side effects need',
    examples: `
Example:
  $ TEMPORAL_ADDRESS=temporal:7233 npx unfriend work`,
  },
];

/** Each service needs them and has no default for them. */
const BACKENDS = `

Set CACHE_URL, SEARCH_URL and NOTIFY_URL too: each to an address, to embedded (a stand-in) or to off.`;

/** Adds `start`, `serve` and `work`. Each runs until a signal stops it, and then drains. */
export function addServices(program: Command, context: CliContext): void {
  for (const { role, description, examples } of SERVICES) {
    program
      .command(role)
      .description(description)
      .addHelpText('after', examples + BACKENDS)
      .action(async () => {
        const { runService } = await import('./run-service.ts');
        context.exitCode = await runService(role, context);
      });
  }
}
