// Preloaded into a program: writes on stderr which calls it makes of node:dgram, in their order.
const { writeSync } = require('node:fs');
const { Socket } = require('node:dgram');

for (const name of ['setMulticastTTL', 'setMulticastInterface', 'send']) {
  const real = Socket.prototype[name];
  Socket.prototype[name] = function call(first, ...rest) {
    writeSync(2, `${name} ${first}\n`);
    return real.call(this, first, ...rest);
  };
}
