import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The kernel counts processor time in units of 10 ms. */
const TICK_MS = 10;
const LISTENING = '0A';

type Stat = { pid: number; parent: number; ms: number };

/** The process that listens on a port of this machine. Linux only. */
export function listenerOf(port: number): number {
  const inode = socketOf(port);
  const pid = processes().find((candidate) => openFilesOf(candidate).includes(`socket:[${inode}]`));
  if (pid === undefined) throw new Error(`no process listens on port ${port}`);
  return pid;
}

/**
 * The processor time that a process and all its descendants have used so far, in ms. What a child used that ended is
 * part of what the kernel counts for its parent.
 */
export function processorMs(root: number): number {
  const all = processes().flatMap((pid) => statOf(pid) ?? []);
  const tree = new Set([root]);
  // A child can stand before its parent in the list: repeat until nobody is added.
  for (let before = 0; before < tree.size; ) {
    before = tree.size;
    for (const { pid, parent } of all) if (tree.has(parent)) tree.add(pid);
  }
  return all.reduce((sum, { pid, ms }) => (tree.has(pid) ? sum + ms : sum), 0);
}

function socketOf(port: number): string {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(`:${wanted}`) && fields[3] === LISTENING) return fields[9] ?? '';
    }
  }
  throw new Error(`nothing listens on port ${port}`);
}

function processes(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

function openFilesOf(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return (orUndefined(() => readdirSync(folder)) ?? []).flatMap((fd) => {
    return orUndefined(() => readlinkSync(`${folder}/${fd}`)) ?? [];
  });
}

/** Processes end and files are closed meanwhile, and some belong to others. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** See proc(5). The command's name can hold blanks and parentheses. */
function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, ofChildren = 0, systemOfChildren = 0] = fields.slice(11, 15);
    const ms = (user + system + ofChildren + systemOfChildren) * TICK_MS;
    return { pid, parent: fields[1] ?? 0, ms };
  } catch {
    return undefined;
  }
}
