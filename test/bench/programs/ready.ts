import { createServer } from 'node:http';

/** Lets the benchmark know that this process works, as a probe of a cluster would. */
export function ready(): void {
  createServer((_, response) => response.end('ready')).listen(Number(process.env.PORT), '127.0.0.1');
}
