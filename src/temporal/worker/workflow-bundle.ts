import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../package-root.ts';

/** Written by `npm run build`, with the SDK version that runs it. */
export const WORKFLOW_BUNDLE = join(PACKAGE_ROOT, 'dist', 'workflow-bundle.js');
