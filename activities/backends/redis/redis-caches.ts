import type { BackendError, Finding } from '../backend.ts';
import type { Caches } from '../caches.ts';
import { abortable } from '../net/abortable.ts';
import { checkRedis } from './check-redis.ts';
import { describeNodes, parseRedisUrl, type RedisAddress } from './redis-address.ts';
import { explainRedisError } from './redis-errors.ts';
import { connect, createSession, type RedisSession } from './redis-session.ts';

/** The app's cache in Redis, one server or a cluster. */
export class RedisCaches implements Caches {
  readonly #address: RedisAddress;
  readonly #cacheKeys: readonly string[];
  #session: Promise<RedisSession> | undefined;
  #isClosed = false;

  /** @param cacheKeys templates of the keys; only `check` needs them */
  constructor(url: string, cacheKeys: readonly string[]) {
    this.#address = parseRedisUrl(url);
    this.#cacheKeys = cacheKeys;
  }

  /** One UNLINK per key, because the keys of a cluster are on different nodes. All are sent at once. */
  async clear(keys: string[], signal: AbortSignal): Promise<(boolean | BackendError)[]> {
    const session = await abortable(this.#connected(), signal);
    return abortable(Promise.all(keys.map((key) => this.#unlink(session, key))), signal);
  }

  check(): Promise<Finding[]> {
    return checkRedis({
      address: this.#address,
      cacheKeys: this.#cacheKeys,
      connect: () => this.#connected(),
      clear: (keys) => this.clear(keys, new AbortController().signal),
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const session = await this.#session?.catch(() => undefined);
    session?.client.disconnect();
  }

  async #unlink(session: RedisSession, key: string): Promise<boolean | BackendError> {
    try {
      return (await session.client.unlink(key)) > 0;
    } catch (error) {
      const failure = explainRedisError(
        `UNLINK at ${describeNodes(this.#address)}`,
        error,
        session.lastError,
      );
      // The next connection looks the host name up again: after a failover it may lead to another server.
      if (failure.message.includes('READONLY')) session.client.disconnect();
      return failure;
    }
  }

  #connected(): Promise<RedisSession> {
    this.#session ??= this.#open();
    return this.#session;
  }

  async #open(): Promise<RedisSession> {
    const session = createSession(this.#address);
    const forget = () => {
      this.#session = undefined;
    };
    session.client.once('close', forget);
    try {
      await connect(session, this.#address);
    } catch (error) {
      session.client.off('close', forget);
      session.client.disconnect();
      forget();
      throw explainRedisError(`connecting to ${describeNodes(this.#address)}`, error, session.lastError);
    }
    if (this.#isClosed) session.client.disconnect();
    return session;
  }
}
