// setEncoding(): what comes is text, and bytes that are none are lost.
import * as net from 'node:net';

const server = net.createServer({ allowHalfOpen: true }, (client) => {
  client.setEncoding('utf8');
  client.on('data', (data) => client.write(data));
  client.on('end', () => client.end());
  client.on('error', () => client.destroy());
});
server.listen(Number(process.argv[2]), '127.0.0.1');
