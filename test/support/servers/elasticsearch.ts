import { findElasticsearch, isUrl } from './find-search-servers.ts';
import { JavaSearchServer } from './java-search-server.ts';
import type { SearchServer } from './open-search.ts';
import { ELASTICSEARCH } from './search-products.ts';

/** One for a test file, or the server at `TEST_ELASTICSEARCH_URL`. */
export async function startElasticsearch(): Promise<SearchServer> {
  const { path, install } = findElasticsearch();
  if (!path) throw new Error(install);
  if (isUrl(path)) return { url: path.replace(/\/$/, ''), stop: async () => undefined };
  return JavaSearchServer.start(ELASTICSEARCH, path);
}
