import { RedisCaches } from '../../../activities/backends/redis/redis-caches.ts';

/** Clears a key of the Redis at the address given, and prints what became of it. */
const caches = new RedisCaches(process.argv[2] as string, []);
console.log(JSON.stringify(await caches.clear(['a'], new AbortController().signal)));
await caches.close();
