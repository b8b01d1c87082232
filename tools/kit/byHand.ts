/** What a learner can type to see the same: lines for a terminal of this system, which end by themselves. */
import type { Address } from '../../src/socket/Address';
import { startOf } from '../../src/text/startedAs';

/**
 * Sends a text; in it `\\n` means a newline.
 * @param client of ours: it is used where there is no nc.
 */
export function lineThatAsks(
  text: string,
  { host, port }: Address,
  client: 'EchoClient' | 'DateClient',
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform === 'win32')
    return `${startOf(client)} "${text.replace(/\\n$/, '')}" --host ${host} --port ${port}`;
  // Debian's nc says end of file only with -q, which no other system's has.
  const ends = platform === 'linux' ? '-q 1 -w 2' : '-w 2';
  return `printf '${text}' | nc ${ends} ${host} ${port}`;
}

/** Connects, and says no more than whether that worked. */
export function lineThatConnects(
  { host, port }: Address,
  platform: NodeJS.Platform = process.platform,
): string {
  return platform === 'win32'
    ? `Test-NetConnection ${host} -Port ${port}`
    : `nc -vz ${host} ${port}`;
}
