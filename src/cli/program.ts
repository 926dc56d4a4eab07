import { Command, CommanderError } from '@commander-js/extra-typings';
import type { Environment } from '../config/settings.ts';
import { SettingsError } from '../config/settings-error.ts';
import { OperatorError } from '../operator-error.ts';
import { VERSION } from '../package-root.ts';
import { addErase } from './accounts/erase.ts';
import { addFind } from './accounts/find.ts';
import { addCheck } from './check/check.ts';
import { type CliContext, EXIT } from './context.ts';
import { addDemo } from './demo.ts';
import { addJournal } from './journal/journal.ts';
import { addDismiss } from './operate/dismiss.ts';
import { addFailed } from './operate/failed.ts';
import { addRetry } from './operate/retry.ts';
import { addReconcile } from './reconcile/reconcile.ts';
import { addRedo } from './redo/redo.ts';
import { addSend } from './send.ts';
import { addServices } from './services.ts';
import { addSetup } from './setup.ts';
import { addStatus } from './status.ts';

/** Runs one command line and returns its exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(argv: readonly string[], environment: Environment): Promise<number> {
  const context: CliContext = { environment, exitCode: EXIT.done };
  try {
    await createProgram(context).parseAsync([...argv]);
    return context.exitCode;
  } catch (error) {
    return explain(error);
  }
}

/** The whole command line; a test compares docs/commands.md with it. */
export function createProgram(context: CliContext) {
  const program = new Command('unfriend')
    .description("The durable processor of Tencent Cloud Chat's callback After a Friend Is Deleted")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(see --help)')
    .addHelpText(
      'after',
      `
Settings are environment variables; docs/settings.md lists them. Start with:
  $ npx unfriend demo                          the whole way of a callback, on made-up data
  $ npx unfriend start                         receiver and worker, with a local Temporal server
  $ npx unfriend failed                        what needs a person
  $ npx unfriend check                         what is wrong with the settings, and what to do

Exit codes: 0 done, 1 failed, 2 wrong usage or settings.`,
    );
  addServices(program, context);
  addDemo(program, context);
  addSend(program, context);
  addStatus(program, context);
  addFailed(program, context);
  addRetry(program, context);
  addDismiss(program, context);
  addRedo(program, context);
  addReconcile(program, context);
  addFind(program, context);
  addErase(program, context);
  addJournal(program, context);
  addSetup(program, context);
  addCheck(program, context);
  return program;
}

function explain(error: unknown): number {
  // Commander has written its own message already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof OperatorError) {
    process.stderr.write(`${error.message}\n`);
    return error instanceof SettingsError ? EXIT.usage : EXIT.failed;
  }
  process.stderr.write(`unfriend failed: ${error instanceof Error ? error.stack : String(error)}\n`);
  return EXIT.failed;
}
