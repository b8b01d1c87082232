import { whatItIs } from '../text/whatItIs';
import type { Address } from './Address';
import { type SocketCall, SocketError } from './SocketError';

/** ts-node doesn't check types, so any value may arrive as data. */
export function isBytes(data: unknown): data is Uint8Array {
  return data instanceof Uint8Array;
}

/** Why this value can't be sent: it is not bytes. */
export function notBytes(call: SocketCall, data: unknown, peer: Address | undefined): SocketError {
  const reason = `what is sent must be bytes (a Buffer), not ${whatItIs(data)}`;
  return new SocketError(call, 'EINVAL', peer, reason);
}
