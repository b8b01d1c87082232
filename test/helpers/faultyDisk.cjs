// Preloaded into a program: as long as the file $LAB_FAULT exists, the disk answers with the error
// code in it. Opening fails for all but ENOSPC, which lets a part of the line be written first, and
// HANG, which never answers, as a dead disk.
const fs = require('node:fs');

const { open, write } = fs;

function fault() {
  try {
    return fs.readFileSync(process.env.LAB_FAULT, 'utf8');
  } catch {
    return undefined;
  }
}

fs.open = (name, flags, callback) => {
  const code = fault();
  if (code === undefined || code === 'ENOSPC') return open(name, flags, callback);
  if (code === 'HANG') return open(process.env.LAB_PIPE, 'r', callback); // waits for a writer
  process.nextTick(callback, Object.assign(new Error(code), { code }));
};

fs.write = (file, data, callback) => {
  write(file, fault() === 'ENOSPC' ? data.subarray(0, 10) : data, callback);
};
