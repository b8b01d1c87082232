// Preloaded into a server with workers: all of them but the first end as soon as they serve.
const cluster = require('node:cluster');

const { send } = process;

if (cluster.isWorker && cluster.worker.id > 1) {
  process.send = (message, ...more) => {
    const isSent = send.call(process, message, ...more);
    if (message.address !== undefined) setImmediate(process.exit, 3);
    return isSent;
  };
}
