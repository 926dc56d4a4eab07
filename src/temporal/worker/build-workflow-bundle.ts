// Run by `npm run build`: workflows are bundled once, not at every start of a worker.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BundleOptions, bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { PACKAGE_ROOT } from '../../package-root.ts';
import { ENCRYPTING_BUNDLE, FAILURE_CONVERTER, WORKFLOW_BUNDLE } from './workflow-bundle.ts';

const WORKFLOWS = join(PACKAGE_ROOT, 'dist', 'workflows');

await Promise.all([
  writeBundle(WORKFLOW_BUNDLE, {}),
  writeBundle(ENCRYPTING_BUNDLE, { failureConverterPath: FAILURE_CONVERTER }),
]);

async function writeBundle(
  path: string,
  converters: Pick<BundleOptions, 'failureConverterPath'>,
): Promise<void> {
  const { code } = await bundleWorkflowCode({
    ...converters,
    workflowsPath: join(WORKFLOWS, 'index.js'),
    workflowInterceptorModules: [join(WORKFLOWS, 'interceptors.js')],
    logger: new DefaultLogger('WARN'),
    // One module instead of many: each workflow evaluates all modules of its own.
    webpackConfigHook: (config) => ({
      ...config,
      optimization: {
        ...config.optimization,
        concatenateModules: true,
        usedExports: true,
        providedExports: true,
        sideEffects: true,
      },
    }),
  });
  await writeFile(path, code);
}
