import type { Logger } from '../telemetry/logger.ts';

/**
 * Keeps a refused commit from ending the process: lmdb-js rejects a second promise for each write, and no caller can
 * await that one. Every other unhandled rejection still ends the process.
 *
 * @returns a function that ends this
 */
export function handleCommitFailures(logger: Logger): () => void {
  const onRejection = (reason: unknown) => {
    if (!isCommitFailure(reason)) throw reason;
    logger.error({ reason: String(reason) }, 'the journal could not write');
  };
  process.on('unhandledRejection', onRejection);
  return () => process.off('unhandledRejection', onRejection);
}

function isCommitFailure(reason: unknown): boolean {
  if (!(reason instanceof Error)) return false;
  return (
    'commitError' in reason ||
    /^(Commit failed|Write error|No space left|Input\/output error)/.test(reason.message)
  );
}
