export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What a process is for, and so what it needs: `receive` takes callbacks, `work` runs side effects,
 * `demo` does both on made-up data, `operate` only talks to Temporal or to a receiver.
 */
export type Role = 'receive' | 'work' | 'start' | 'demo' | 'operate';
