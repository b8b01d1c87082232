// Preloaded into a program: the kernel's answer to someone who may not use a reserved port, on
// machines where the tests run as root or no port is reserved.
const { Server } = require('node:net');

Server.prototype.listen = function listen({ host, port }) {
  const error = new Error(`listen EACCES: permission denied ${host}:${port}`);
  process.nextTick(() =>
    this.emit('error', Object.assign(error, { code: 'EACCES', syscall: 'listen' })),
  );
  return this;
};
