import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { Progress, SideEffectProgress } from '../../workflows/contract.ts';
import { print } from './output.ts';

/** Shows the progress of each side effect of a delivery. */
export type ProgressView = { update(progress: Progress): void; stop(): void };

/** Bars on a terminal; elsewhere a line whenever something changed. */
export function createProgressView(): ProgressView {
  return process.stdout.isTTY ? bars() : lines();
}

function bars(): ProgressView {
  const all = new MultiBar(
    {
      format: '  {name} {bar} {value}/{total}  {note}',
      hideCursor: true,
      clearOnComplete: false,
      stream: process.stdout,
    },
    Presets.shades_classic,
  );
  const byName = new Map<string, SingleBar>();
  return {
    update({ sideEffects }) {
      const width = Math.max(...Object.keys(sideEffects).map((name) => name.length));
      for (const [name, counts] of Object.entries(sideEffects)) {
        const bar = byName.get(name) ?? all.create(counts.total, 0);
        byName.set(name, bar);
        bar.update(settled(counts), { name: name.padEnd(width), note: note(counts) });
      }
    },
    stop: () => all.stop(),
  };
}

function lines(): ProgressView {
  const shown = new Map<string, string>();
  return {
    update({ sideEffects }) {
      for (const [name, counts] of Object.entries(sideEffects)) {
        const line = `  ${name}: ${settled(counts)} of ${counts.total} ${note(counts)}`.trimEnd();
        if (shown.get(name) !== line) print(line);
        shown.set(name, line);
      }
    },
    stop: () => undefined,
  };
}

function settled({ done, dismissed }: SideEffectProgress): number {
  return done + dismissed;
}

function note({ retrying, parked, done, total }: SideEffectProgress): string {
  if (done === total) return 'done';
  return [retrying && `${retrying} retrying`, parked && `${parked} need attention`]
    .filter(Boolean)
    .join(', ');
}
