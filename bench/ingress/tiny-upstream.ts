import { createServer } from 'node:net';

/**
 * The application behind every proxy that is measured: answers each head with the same few bytes, so that what
 * is measured is the proxy. Prints its port; ends with its parent.
 */
const answer = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world\n';
const headEnd = '\r\n\r\n';

const server = createServer({ noDelay: true }, (socket) => {
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    rest += text;
    let count = 0;
    let at = 0;
    for (let end = rest.indexOf(headEnd); end >= 0; end = rest.indexOf(headEnd, at)) {
      count += 1;
      at = end + headEnd.length;
    }
    rest = rest.slice(at);
    if (count > 0) socket.write(answer.repeat(count), 'latin1');
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as { port: number }).port}\n`));
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();
