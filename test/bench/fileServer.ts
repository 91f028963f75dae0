/** Serves one file with ranges on a free port of 127.0.0.1, and tells the port to its parent. A process of its own, so that it costs its clients nothing. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const [, , file = ''] = process.argv;
const { size } = statSync(file);

const server = createServer((request, response) => {
  const match = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  const [start, end] = match ? [Number(match[1]), Math.min(Number(match[2]), size - 1)] : [0, size - 1];
  const range = match ? { 'content-range': `bytes ${start}-${end}/${size}` } : {};
  response.writeHead(match ? 206 : 200, { 'content-length': end - start + 1, etag: '"1"', ...range });
  createReadStream(file, { start, end, highWaterMark: 1 << 20 }).pipe(response);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit(0));
