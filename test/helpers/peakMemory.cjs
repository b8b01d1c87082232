// Writes the most memory that this process has had (KiB) into the file PEAK_MEMORY when it ends.
const { writeFileSync } = require('node:fs');

process.on('exit', () => {
  writeFileSync(process.env.PEAK_MEMORY, String(process.resourceUsage().maxRSS));
});
