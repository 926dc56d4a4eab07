import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Certificate } from '../inputs/certificates.ts';

type TlsFrontOptions = {
  /** 0: any free port. */
  port: number;
  to: number;
  certificate: Certificate;
  /** Clients need a certificate of this authority, in PEM. Absent: they need none. */
  clientCa?: string;
};

/** Ends TLS at one port of this machine before the server at another, which speaks none. */
export async function startTlsFront({
  port,
  to,
  certificate,
  clientCa,
}: TlsFrontOptions): Promise<{ port: number; stop(): void }> {
  const sockets = new Set<Socket>();
  const clients = clientCa ? { ca: clientCa, requestCert: true, rejectUnauthorized: true } : {};
  // gRPC wants HTTP/2 to be agreed on.
  const server = createServer({ ...certificate, ...clients, ALPNProtocols: ['h2', 'http/1.1'] }, (outer) => {
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
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
