import { createServer, type ServerResponse } from 'node:http';
import { inputOf, serveUntilLetGo } from '../support/child.ts';

/**
 * A broadcaster of server-sent events and nothing else: whoever GETs is a reader, and what is POSTed is written to all
 * readers as one event. It keeps nothing, checks nobody and waits for nobody.
 */
inputOf(() => null);
const readers = new Set<ServerResponse>();
let sequence = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: ready\ndata: {}\n\n');
    readers.add(response);
    response.once('close', () => readers.delete(response));
    return;
  }
  const pieces: Buffer[] = [];
  request.on('data', (piece: Buffer) => pieces.push(piece));
  request.on('end', () => {
    sequence += 1;
    const event = Buffer.from(`id: ${sequence}\nevent: entry\ndata: ${Buffer.concat(pieces).toString()}\n\n`);
    for (const reader of readers) reader.write(event);
    response.writeHead(202).end();
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1_024 }, () => {
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  serveUntilLetGo({ url: `http://127.0.0.1:${port}` }, () => {
    server.close();
    server.closeAllConnections();
  });
});
