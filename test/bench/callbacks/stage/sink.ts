/** The endpoint that is notified: checks each signature, and counts the distinct pairs that it was told of. */
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const verifier = new Webhook(String(process.env.NOTIFY_SECRET), { format: 'raw' });
const told = new Set<string>();
let forged = 0;

type Message = { data: { pairs: { from: string; to: string }[] } };

const server = createServer(async (request, response) => {
  if (request.url === '/told') {
    if (request.method === 'DELETE') {
      told.clear();
      forged = 0;
    }
    response.end(JSON.stringify({ pairs: told.size, forged }));
    return;
  }
  const body = await text(request);
  try {
    verifier.verify(body, request.headers as Record<string, string>);
  } catch {
    forged += 1;
    response.writeHead(401).end();
    return;
  }
  for (const { from, to } of (JSON.parse(body) as Message).data.pairs) told.add(`${from} ${to}`);
  response.writeHead(204).end();
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.env.PORT), '127.0.0.1');
