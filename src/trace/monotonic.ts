/**
 * Nanoseconds on a clock that all processes of this machine share, to put their records in order. In Bun
 * `hrtime` begins at 0 in each process, so there it is the time of day.
 */
export const monotonicNow: () => bigint =
  process.versions['bun'] === undefined
    ? () => process.hrtime.bigint()
    : () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e6));

/** Milliseconds since a moment of `monotonicNow`. */
export function msSince(origin: bigint): number {
  return Number(monotonicNow() - origin) / 1e6;
}
