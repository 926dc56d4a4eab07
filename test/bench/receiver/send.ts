import { type ProcessSettings, runUnfriend } from '../../support/servers/process.ts';

/** What `unfriend send --json` tells; `p50` and `p99` in ms. */
export type Sent = { sent: number; ok: number; p50: number; p99: number };

/** Sends signed callbacks at a steady rate, from a process of its own. */
export async function send(
  { count, rate, url }: { count: number; rate: number; url: string },
  settings: ProcessSettings,
): Promise<Sent> {
  const args = ['send', '--json', '--count', `${count}`, '--rate', `${rate}`, '--url', url];
  const { stdout, stderr } = await runUnfriend(args, settings);
  if (!stdout) throw new Error(`send told nothing: ${stderr}`);
  return JSON.parse(stdout) as Sent;
}
