import { Presets, SingleBar } from 'cli-progress';
import { say } from '../output.ts';

/** How often a line is said where there is no terminal, in ms. */
const LINE_EVERY_MS = 5_000;

/** Shows on stderr how many of them are through. */
export type BulkView = { update(done: number, total: number): void; stop(): void };

/** A bar on a terminal; elsewhere a line now and then. */
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
  let saidAt = performance.now();
  return {
    update(done, total) {
      if (performance.now() - saidAt < LINE_EVERY_MS) return;
      saidAt = performance.now();
      say(`  ${what}: ${done} of ${total}`);
    },
    stop: () => undefined,
  };
}
