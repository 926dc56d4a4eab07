/** What has to be undone, last thing first, however the work ended. */
export class Cleanup {
  readonly #steps: (() => Promise<void> | void)[] = [];
  #begun = false;

  /**
   * To be called before the thing is there, so that nothing is left over.
   *
   * @throws once the clean-up began: whatever goes on meanwhile must start nothing more
   */
  defer(step: () => Promise<void> | void): void {
    if (this.#begun) throw new Error('the run is being broken off');
    this.#steps.push(step);
  }

  /** A part that can be cleaned up earlier, and is at the latest when the whole is. */
  part(): Cleanup {
    const part = new Cleanup();
    this.defer(() => part.run());
    return part;
  }

  /** Runs every step once. A step that fails is reported and keeps no other from running. */
  async run(): Promise<void> {
    this.#begun = true;
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        console.error(`could not clean up: ${error instanceof Error ? error.message : error}`);
      }
    }
  }
}
