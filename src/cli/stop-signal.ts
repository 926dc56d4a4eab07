/** How long leftovers may keep the process alive after everything was closed, in ms. */
const LEFT_OVER_MS = 5_000;

/**
 * Call this when everything is closed. The SDK may still have a thread of a worker that it could not create, or a
 * connection that it is still making. Neither may keep the process alive.
 */
export function endDespiteLeftovers(): void {
  setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
}

/**
 * Resolves with the first signal to stop. A second signal ends the process at once: somebody does not want to wait.
 */
export function stopSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false;
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(1);
      asked = true;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
  });
}
