import type { Command } from '@commander-js/extra-typings';
import { MAX_PAIRS, wholeNumber } from './arguments.ts';
import type { CliContext } from './context.ts';

const MAX_COUNT = 1_000_000;
const MAX_RATE = 10_000;

export function addSend(program: Command, context: CliContext): void {
  program
    .command('send')
    .description('send signed callbacks as Tencent Chat would')
    .option(
      '--pairs <count>',
      "pairs in each callback (default: the vendor's sample, 3)",
      wholeNumber(MAX_PAIRS),
      3,
    )
    .option('--count <number>', 'callbacks to send', wholeNumber(MAX_COUNT), 1)
    .option('--rate <per second>', 'callbacks per second', wholeNumber(MAX_RATE), 10)
    .option('--url <url>', 'receiver (default: this machine, PORT and CALLBACK_PATH)')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Signs with the first CALLBACK_TOKEN. Exits 1 unless every answer was OK.

Examples:
  $ SDK_APP_ID=1400000000 npx unfriend send
  $ SDK_APP_ID=1400000000 CALLBACK_TOKEN=secret npx unfriend send --count 1000 --rate 100 --url http://127.0.0.1:8080/`,
    )
    .action(async (options) => {
      const { sendCallbacks } = await import('./send-callbacks.ts');
      await sendCallbacks(context, options);
    });
}
