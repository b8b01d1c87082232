// Preloaded into a server with two workers and 3 connections for them: the one that has 2 of these ends
// as soon as it serves.
const { send } = process;
const { maxConnections } = JSON.parse(process.env.LAB_WORKER ?? '{}');

if (send && maxConnections === 2) {
  process.send = (message, ...more) => {
    const isSent = send.call(process, message, ...more);
    if (message.host !== undefined) setImmediate(process.exit, 3);
    return isSent;
  };
}
