import type { CommandInput, CommandName } from '../../../workflows/contract.ts';

/** What a person wants done with deliveries. `dryRun`: only say what would be done. */
export type Order = { command: CommandName; input: CommandInput; dryRun: boolean };
