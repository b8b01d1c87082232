// No listener for 'error': one client that breaks off ends the server.
import * as net from 'node:net';

const server = net.createServer({ allowHalfOpen: true }, (client) => {
  client.on('data', (data) => client.write(data));
  client.on('end', () => client.end());
});
server.listen(Number(process.argv[2]), '127.0.0.1');
