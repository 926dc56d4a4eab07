import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCKER, docker, onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';
import { ELASTICSEARCH, folderOf, jarsOf, OPEN_SEARCH, type SearchProduct } from './search-products.ts';

/** OpenSearch needs it. Elasticsearch 7.10 runs on it too, although it is older. */
const LOWEST_JAVA = 21;

/** `TEST_OPENSEARCH_URL`, else a JDK (the program's path) with jars that Maven brings once, else Docker. */
export function findOpenSearch(): TestServer {
  return {
    path: process.env.TEST_OPENSEARCH_URL || javaWithJars(OPEN_SEARCH) || docker(),
    install: `Install a JDK of ${LOWEST_JAVA} or later and Maven, or set TEST_OPENSEARCH_URL to a server for tests.`,
  };
}

/** A JDK and the jars alone: it is killed and comes back at the same address, with its data. */
export function findOwnOpenSearch(): TestServer {
  const install = `Install a JDK of ${LOWEST_JAVA} or later and Maven.`;
  return { path: javaWithJars(OPEN_SEARCH), install };
}

/** `TEST_ELASTICSEARCH_URL`, which may be of another version, else a JDK with jars that Maven brings once. */
export function findElasticsearch(): TestServer {
  return {
    path: process.env.TEST_ELASTICSEARCH_URL || javaWithJars(ELASTICSEARCH),
    install: `Install a JDK of ${LOWEST_JAVA} or later and Maven, or set TEST_ELASTICSEARCH_URL to a server for tests.`,
  };
}

export function isUrl(path: string): boolean {
  return /^https?:/.test(path);
}

export { DOCKER };

function javaWithJars(product: SearchProduct): string | undefined {
  const java = findJava();
  return java && (hasJars(product) || fetchJars(product, java)) ? java : undefined;
}

function hasJars(product: SearchProduct): boolean {
  return existsSync(join(folderOf(product), 'complete'));
}

function fetchJars(product: SearchProduct, java: string): boolean {
  if (!onPath('mvn')) return false;
  const folder = folderOf(product);
  console.error(`Getting ${product.name} ${product.runner.version}, once, into ${folder} …`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pom.xml'), pomOf(product));
  try {
    execFileSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${jarsOf(product)}`],
      {
        cwd: folder,
        env: { ...process.env, JAVA_HOME: join(java, '..', '..') },
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 540_000,
      },
    );
  } catch {
    return false;
  }
  writeFileSync(join(folder, 'complete'), '');
  return true;
}

function pomOf({ runner }: SearchProduct): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>unfriend</groupId><artifactId>test-search-server</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>${runner.group}</groupId><artifactId>${runner.artifact}</artifactId><version>${runner.version}</version>
  </dependency></dependencies>
</project>
`;
}

/** The first Java that is new enough: `JAVA_HOME`, the `PATH`, then what is installed beside it. */
function findJava(): string | undefined {
  const homes = [process.env.JAVA_HOME, ...installedJdks()].filter((home) => home !== undefined);
  const programs = [...homes.map((home) => join(home, 'bin', 'java')), onPath('java')];
  return programs.find((java) => java !== undefined && existsSync(java) && versionOf(java) >= LOWEST_JAVA);
}

function installedJdks(): string[] {
  const folder = '/usr/lib/jvm';
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
}

function versionOf(java: string): number {
  try {
    const output = execFileSync(java, ['--version'], { stdio: 'pipe', timeout: 20_000 }).toString();
    return Number(/^\S+ (\d+)/.exec(output)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
