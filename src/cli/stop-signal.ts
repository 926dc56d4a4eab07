/** What is closed and keeps the process all the same has this long, in ms. */
const LEFT_OVER_MS = 5_000;

/**
 * To be called when everything is closed. The SDK keeps a thread of a worker that it could not create, and a
 * connection that it is still making: neither may keep the process.
 */
export function endDespiteLeftovers(): void {
  setTimeout(() => process.exit(), LEFT_OVER_MS).unref();
}

/**
 * Resolves with the first signal to stop. A second one means that somebody is out of patience: the process
 * ends at once.
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
