import { Socket } from '../../src/socket/Socket';

const LOOPBACK_4 = '127.0.0.1';
const LOOPBACK_6 = '::1';

/**
 * Says that a program listens on ::1, where the system does not show it. On Windows and macOS that is what
 * `localhost` means to many programs.
 */
export async function onlyOnIPv6(port: number): Promise<string | undefined> {
  // IPv4 afterwards: it may have begun to listen just now, on both.
  if (!(await accepts(LOOPBACK_6, port)) || (await accepts(LOOPBACK_4, port))) return undefined;
  return 'your program listens on ::1 (IPv6), not on 127.0.0.1: give bind() 127.0.0.1 instead of localhost';
}

async function accepts(host: string, port: number): Promise<boolean> {
  try {
    await using socket = new Socket();
    await socket.connect({ host, port });
    return true;
  } catch {
    return false;
  }
}
