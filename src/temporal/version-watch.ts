import type { WorkerVersion } from '../config/settings.ts';
import type { Logger } from '../telemetry/logger.ts';
import { describeShare, type Routing, shareOf } from './task-routing.ts';

type VersionWatchOptions = { version: WorkerVersion; namespace: string; logger: Logger };

/** Whether this process's version of the workers gets work. A change is logged, and `state` is for `/readyz`. */
export class VersionWatch {
  /** In words. */
  state: string;
  readonly #options: VersionWatchOptions;

  constructor(options: VersionWatchOptions) {
    const { deploymentName, buildId } = options.version;
    this.#options = options;
    this.state = `build ${buildId} of ${deploymentName}: Temporal has not said yet whether it is current`;
  }

  update(routing: Routing): void {
    const { version, namespace, logger } = this.#options;
    const state = describeShare(version, routing, namespace);
    if (state === this.state) return;
    this.state = state;
    if (shareOf(version, routing) > 0) logger.info({ state }, 'this version of the workers gets work');
    else logger.warn({ state }, 'this version of the workers gets no work');
  }
}
