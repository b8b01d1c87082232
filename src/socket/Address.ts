import * as net from 'node:net';

/**
 * Where a socket is: an IP address (or a host name to look one up by) and a port. Slide "Socket". The
 * protocol belongs to it, too: TCP port 6015 and UDP port 6015 are two different ports.
 */
export interface Address {
  readonly host: string;
  /** 0 to 65535. To `bind`, 0 means "any free port". */
  readonly port: number;
}

/** An address as people write it: `127.0.0.1:6015`, `[::1]:6015` (RFC 3986 section 3.2.2). */
export function formatAddress(address: Address | undefined): string {
  if (!address) return 'unknown:0'; // never connected, or reset before we asked for it
  const { host, port } = address;
  return net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether a number can be a port. */
export function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 0 && port <= 65535;
}
