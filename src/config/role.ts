export type Environment = Readonly<Record<string, string | undefined>>;

/** The commands that run as a service. */
export type ServiceRole = 'start' | 'serve' | 'work' | 'demo';

/** The command that a process runs. It decides which settings are needed. `operate`: every command that is no service. */
export type Role = ServiceRole | 'operate';

/** Which parts of Unfriend run in a process. */
export type Parts = {
  receiver: boolean;
  worker: boolean;
  /** Whether a local Temporal server is started, and search attributes are created in it. */
  localTemporal: boolean;
};

/** The one place that knows which command runs which parts. */
export function partsOf(role: Role, isTemporalConfigured: boolean): Parts {
  return {
    receiver: role === 'start' || role === 'serve' || role === 'demo',
    worker: role === 'start' || role === 'work' || role === 'demo',
    localTemporal: role === 'demo' || (role === 'start' && !isTemporalConfigured),
  };
}
