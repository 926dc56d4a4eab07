/** The search server's own API, for what a test sets up and looks at. */
export class SearchApi {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  /** @throws unless the answer is a 2xx, or 404 */
  async ask<T = Record<string, unknown>>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.url}/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer = await response.text();
    if (!response.ok && response.status !== 404) throw new Error(`${method} ${path}: ${answer}`);
    return JSON.parse(answer) as T;
  }

  createIndex(name: string, settings: object = {}): Promise<unknown> {
    return this.ask('PUT', name, { settings: { number_of_shards: 1, number_of_replicas: 0, ...settings } });
  }

  /** @param version external, as a time in ms; without one the server counts */
  index(
    name: string,
    id: string,
    { body = {}, version }: { body?: object; version?: number } = {},
  ): Promise<unknown> {
    const query = version === undefined ? '' : `?version=${version}&version_type=external`;
    return this.ask('PUT', `${name}/_doc/${encodeURIComponent(id)}${query}`, body);
  }

  /** Many documents of one external version. */
  indexAll(name: string, ids: readonly string[], version: number): Promise<void> {
    return this.#bulk(
      name,
      ids.flatMap((id) => [{ index: { _id: id, version, version_type: 'external' } }, {}]),
    );
  }

  /** Many documents, whether they are there or not. */
  deleteAll(name: string, ids: readonly string[]): Promise<void> {
    return this.#bulk(
      name,
      ids.map((id) => ({ delete: { _id: id } })),
    );
  }

  async #bulk(name: string, lines: object[]): Promise<void> {
    const response = await fetch(`${this.url}/${name}/_bulk`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
    });
    const answer = (await response.json()) as { errors?: boolean };
    if (!response.ok || answer.errors) throw new Error(`_bulk to ${name}: ${JSON.stringify(answer)}`);
  }

  /** Of all documents, up to 10,000. */
  async allIds(name: string): Promise<string[]> {
    await this.ask('POST', `${name}/_refresh`);
    const query = { size: 10_000, _source: false };
    const { hits } = await this.ask<{ hits: { hits: { _id: string }[] } }>('POST', `${name}/_search`, query);
    return hits.hits.map(({ _id }) => _id);
  }

  /** Which of these documents are there. */
  async present(name: string, ids: readonly string[]): Promise<string[]> {
    const { docs } = await this.ask<{ docs: { _id: string; found?: boolean; error?: object }[] }>(
      'POST',
      `${name}/_mget?_source=false`,
      { ids },
    );
    const failed = docs.find(({ error }) => error);
    if (failed) throw new Error(`_mget of ${name}: ${JSON.stringify(failed)}`);
    return docs.filter(({ found }) => found).map(({ _id }) => _id);
  }

  async has(name: string, id: string): Promise<boolean> {
    const { found } = await this.ask<{ found: boolean }>('GET', `${name}/_doc/${encodeURIComponent(id)}`);
    return found;
  }

  async hasIndex(name: string): Promise<boolean> {
    return (await fetch(`${this.url}/${name}`, { method: 'HEAD' })).ok;
  }
}
