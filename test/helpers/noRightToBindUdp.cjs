// Preloaded into a program: the kernel's answer to someone who may not use a reserved UDP port, on
// machines where the tests run as root or no port is reserved.
const { Socket } = require('node:dgram');

Socket.prototype.bind = function bind(port, address) {
  const error = new Error(`bind EACCES ${address}:${port}`);
  process.nextTick(() =>
    this.emit('error', Object.assign(error, { code: 'EACCES', syscall: 'bind' })),
  );
  return this;
};
