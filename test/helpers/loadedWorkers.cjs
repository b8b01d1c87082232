// Preloaded into a program: writes on stderr whether it has loaded src/cli/workers.
const { writeSync } = require('node:fs');

process.on('exit', () => {
  const files = Object.keys(require.cache).filter((file) =>
    /[\\/]cli[\\/]workers\.[jt]s$/.test(file),
  );
  writeSync(2, `loaded: ${files.length}\n`);
});
