import { Presets, SingleBar } from 'cli-progress';
import type { ReconcileReport } from '../../../workflows/contract.ts';
import type { ReconcileLook } from '../../temporal/reconcile/follow-reconcile.ts';
import { say } from '../output.ts';

/** Without a terminal, a line is printed this often, in ms. */
const LINE_EVERY_MS = 5_000;

/** Shows on stderr how far a run is, and once each reason for which it does not go on. */
export function createReconcileView(): { update(look: ReconcileLook): void; stop(): void } {
  const { show, stop } = process.stderr.isTTY ? bar() : lines();
  const said = new Set<string>();
  const sayOnce = (line: string) => {
    if (!said.has(line)) say(line);
    said.add(line);
  };
  return {
    update({ report, trouble }) {
      if (report) show(report);
      else sayOnce('No worker answers: the run goes on once one works.');
      if (trouble) sayOnce(`Tried again: ${trouble}`);
    },
    stop,
  };
}

type View = { show(report: ReconcileReport): void; stop(): void };

function bar(): View {
  const format = '  documents {bar} {value}/{total}, {pairs} pairs checked, {ended} ended';
  const single = new SingleBar({ format, stream: process.stderr }, Presets.shades_classic);
  let isStarted = false;
  return {
    show({ total, documents, pairs, ended }) {
      if (!isStarted) single.start(total, 0, { pairs, ended });
      isStarted = true;
      single.setTotal(total);
      single.update(documents, { pairs, ended });
    },
    stop: () => single.stop(),
  };
}

function lines(): View {
  let shownAt = performance.now();
  return {
    show({ total, documents, pairs, ended }) {
      if (performance.now() - shownAt < LINE_EVERY_MS) return;
      shownAt = performance.now();
      say(`  ${documents} of ${total} documents read, ${pairs} pairs checked, ${ended} ended`);
    },
    stop: () => undefined,
  };
}
