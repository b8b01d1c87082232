// Preloaded into a program: writes on stderr whether it has loaded the client of Redis.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) => /[\\/]@redis[\\/]/.test(file));
  writeSync(2, `loaded: ${files.length > 0}\n`);
});
