import { setTimeout } from 'node:timers/promises';

const RETRY_MS = 20;

/** Sends again and again until an answer comes: a datagram may get lost. */
export async function sendUntil<Heard>(
  heard: Promise<Heard>,
  send: () => Promise<void>,
): Promise<Heard> {
  const end = new AbortController();
  const repeat = (async () => {
    while (!end.signal.aborted) {
      await send();
      await setTimeout(RETRY_MS);
    }
  })();
  try {
    return await heard;
  } finally {
    end.abort();
    await repeat;
  }
}
