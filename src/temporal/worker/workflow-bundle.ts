import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root.ts';

/** Written by `npm run build`, with the SDK version that runs it. */
export const WORKFLOW_BUNDLE = join(PACKAGE_ROOT, 'dist', 'workflow-bundle.js');

/**
 * For workers that encrypt: the same workflows with {@link FAILURE_CONVERTER}. There are two bundles because code in a
 * workflow can't know the settings of its worker.
 */
export const ENCRYPTING_BUNDLE = join(PACKAGE_ROOT, 'dist', 'workflow-bundle-encrypting.js');

/** The SDK loads it by its path, for the bundle as well as for the worker. */
export const FAILURE_CONVERTER = join(PACKAGE_ROOT, 'dist', 'workflows', 'failure-converter.cjs');
