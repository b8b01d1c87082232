// Preloaded into a program: as long as the file $LAB_FAULT exists, the disk answers with the error
// code in it. Opening fails for all but ENOSPC, which lets a part of the line be written first.
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
  process.nextTick(callback, Object.assign(new Error(code), { code }));
};

function faultyWrite(file, data, callback) {
  if (fault() === 'ENOSPC') return write(file, data.subarray(0, 10), callback);
  return write(file, data, callback);
}

// With all that `promisify` needs to know about it.
fs.write = Object.defineProperties(faultyWrite, Object.getOwnPropertyDescriptors(write));
