// Preloaded into a program: writes on stderr which files of src/trace it has loaded when it ends.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) => /[\\/]src[\\/]trace[\\/]/.test(file));
  writeSync(2, `loaded: ${files.length}\n`);
});
