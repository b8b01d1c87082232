import { Socket } from '../../src/socket/Socket';

const LOOPBACK_6 = '::1';

/**
 * Says that a program listens on ::1, where the system does not show it. On Windows and macOS that is what
 * `localhost` means to many programs.
 */
export async function onlyOnIPv6(port: number): Promise<string | undefined> {
  try {
    await using socket = new Socket();
    await socket.connect({ host: LOOPBACK_6, port });
    return 'your program listens on ::1 (IPv6), not on 127.0.0.1: give bind() 127.0.0.1 instead of localhost';
  } catch {
    return undefined;
  }
}
