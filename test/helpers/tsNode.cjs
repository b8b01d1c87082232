/** Loads ts-node with the first file in TypeScript: `npm test` runs compiled files, and needs no compiler in each worker. */
require.extensions['.ts'] = (module, file) => {
  delete require.extensions['.ts'];
  require('ts-node/register');
  require.extensions['.ts'](module, file);
};
