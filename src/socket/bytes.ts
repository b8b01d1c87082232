import { whatItIs } from '../text/whatItIs';
import type { Address } from './Address';
import { type SocketCall, SocketError } from './SocketError';

/** Types are not checked when a program starts, so anything may come as data. */
export function isBytes(data: unknown): data is Uint8Array {
  return data instanceof Uint8Array;
}

/** Why what is not bytes can't be sent. */
export function notBytes(call: SocketCall, data: unknown, peer: Address | undefined): SocketError {
  const reason = `what is sent must be bytes (a Buffer), not ${whatItIs(data)}`;
  return new SocketError(call, 'EINVAL', peer, reason);
}
