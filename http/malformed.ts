import type { Socket } from 'node:net';
import { Fault } from '../core/fault.ts';
import { problemAnswer } from './problem-answer.ts';

/** Answers what is no HTTP request at all, or came too slowly, and closes the connection. */
export function refuseMalformed(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const requestId = crypto.randomUUID();
  const { document, headers } = problemAnswer(faultFor(error.code), requestId);
  const body = JSON.stringify(document);
  const all = {
    ...headers,
    'x-request-id': requestId,
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${document.status} ${document.code}\r\n${lines.join('')}\r\n${body}`);
}

function faultFor(code: string | undefined): Fault {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Fault('request.too-large', 'The headers are larger than 16 KiB.', { next: 'Send shorter headers.' });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return new Fault('request.invalid', 'The request did not come whole in time.', { next: 'Send it again, faster.' });
  }
  return new Fault('request.invalid', 'What came is not an HTTP request.', {
    next: 'Use http://, not https://, and check the address.',
  });
}
