import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from '../inputs/certificates.ts';

type TlsFrontOptions = { port: number; to: number; certificate: Certificate };

/** Ends TLS at one port of this machine before the server at another, which speaks none. */
export async function startTlsFront({ port, to, certificate }: TlsFrontOptions): Promise<{ stop(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer(certificate, (outer) => {
    const inner = connect(to, '127.0.0.1');
    for (const [one, other] of [
      [outer, inner],
      [inner, outer],
    ] as const) {
      sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        sockets.delete(one);
        other.destroy();
      });
    }
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
