/**
 * The bare peers: the shortest hand-written programs on `node:net` with the same behaviour on the wire. `node
 * bare.js KIND [FOLDER]` prints its port.
 */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as path from 'node:path';

const [kind = '', folder = ''] = process.argv.slice(2);
let next = 0;

/** RFC 3339 in local time, the obvious way. */
function date(): string {
  const now = new Date();
  const east = -now.getTimezoneOffset();
  const local = new Date(now.getTime() + east * 60_000).toISOString().slice(0, -1);
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  return `${local}${east < 0 ? '-' : '+'}${two(Math.abs(east) / 60)}:${two(Math.abs(east) % 60)}`;
}

const peers: Record<string, (socket: net.Socket) => void> = {
  data(socket) {
    socket.on('data', (data) => socket.write(data));
    socket.on('end', () => socket.end());
  },
  pipe(socket) {
    socket.pipe(socket);
  },
  date(socket) {
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(() => socket.write(`${date()}\n`));
    });
    socket.on('end', () => socket.end());
  },
  logging(socket) {
    let rest = '';
    socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const file = path.join(folder, `log${next++}.txt`);
        const entry = `${date()} ${socket.remoteAddress}:${socket.remotePort} ${JSON.stringify(line)}\n`;
        fs.writeFile(file, entry, { flag: 'wx' }, (error) => {
          socket.write(error ? 'ERROR\n' : `${date()}\n`);
        });
      }
    });
    socket.on('end', () => socket.end());
  },
};

const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  socket.on('error', () => undefined);
  peers[kind]?.(socket);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`listening on 127.0.0.1:${(server.address() as net.AddressInfo).port}`);
});
