// Preloaded into a program: root may write everywhere, so the kernel's answer to others stands here.
const promises = require('node:fs/promises');

promises.access = (folder) => {
  const error = new Error(`EACCES: permission denied, access '${folder}'`);
  return Promise.reject(Object.assign(error, { code: 'EACCES', syscall: 'access', path: folder }));
};
