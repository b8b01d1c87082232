import { type Address, formatAddress } from '../socket/Address';

/** What a server says as soon as it can be connected to. */
export function bannerOf(name: string, address: Address): string {
  return `${name} listening on ${formatAddress(address)}\n${howToStop()}\n`;
}

/** The second line of a banner. */
export function howToStop(): string {
  const kill = process.platform === 'win32' ? 'taskkill /F /PID' : 'kill';
  return `Stop it with Ctrl-C, or from any terminal with: ${kill} ${process.pid}`;
}
