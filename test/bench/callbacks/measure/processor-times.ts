import type { Running } from '../contenders/contender.ts';
import { ROLES, type Role } from '../results.ts';
import type { Effects } from '../stage/effects.ts';
import { listenerOf, processorMs } from '../stage/processes.ts';

type Times = Partial<Record<Role, number>>;

/** Reads how much processor time the processes of a contender used, by what they do. */
export class ProcessorTimes {
  readonly #pids: [Role, number[]][];

  constructor({ ports }: Running, effects: Effects) {
    this.#pids = ROLES.flatMap((role): [Role, number[]][] => {
      if (role === 'backends') return [[role, effects.ports.map(listenerOf)]];
      const port = ports[role];
      return port === undefined ? [] : [[role, [listenerOf(port)]]];
    });
  }

  /** In ms, so far. */
  read(): Times {
    const sum = (pids: number[]) => pids.reduce((total, pid) => total + processorMs(pid), 0);
    return Object.fromEntries(this.#pids.map(([role, pids]) => [role, sum(pids)]));
  }

  perCallback(since: Times, callbacks: number): Times {
    const now = this.read();
    const used = (role: Role) => ((now[role] ?? 0) - (since[role] ?? 0)) / callbacks;
    return Object.fromEntries(this.#pids.map(([role]) => [role, used(role)]));
  }
}
