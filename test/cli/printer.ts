/** Prints a line, one more for each byte that comes, and ends with code 7 at end of file. */
import { out } from '../../src/cli/Output';

out.write('ready\n');
process.stdin.on('data', () => {
  out.write('lost\n');
});
process.stdin.on('end', () => process.exit(7));
