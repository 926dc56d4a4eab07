import type { Logger } from '../telemetry/logger.ts';

/**
 * Keeps a refused commit from ending the process: beside the promise of each write, lmdb-js rejects one that
 * nobody can wait for. Every other unhandled rejection ends the process, as it should.
 */
export function surviveCommitFailures(logger: Logger): () => void {
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
