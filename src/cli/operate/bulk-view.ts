import { Presets, SingleBar } from 'cli-progress';
import { say } from '../output.ts';

/** Without a terminal, a line is printed this often, in ms. */
const LINE_EVERY_MS = 5_000;

/** Shows on stderr how many deliveries are done. */
export type BulkView = { update(done: number, total: number): void; stop(): void };

/** A bar on a terminal; elsewhere a line every few seconds. */
export function createBulkView(what: string): BulkView {
  return process.stderr.isTTY ? bar(what) : lines(what);
}

function bar(what: string): BulkView {
  const single = new SingleBar(
    { format: `  ${what} {bar} {value}/{total}`, stream: process.stderr },
    Presets.shades_classic,
  );
  let isStarted = false;
  return {
    update(done, total) {
      if (!isStarted) single.start(total, 0);
      isStarted = true;
      single.setTotal(total);
      single.update(done);
    },
    stop: () => single.stop(),
  };
}

function lines(what: string): BulkView {
  let printedAt = performance.now();
  return {
    update(done, total) {
      if (performance.now() - printedAt < LINE_EVERY_MS) return;
      printedAt = performance.now();
      say(`  ${what}: ${done} of ${total}`);
    },
    stop: () => undefined,
  };
}
