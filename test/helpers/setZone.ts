import { afterwards } from './cleanUp';

/** Moves this process to another time zone until the test is over. */
export function setZone(zone: string): void {
  const before = process.env['TZ'];
  process.env['TZ'] = zone;
  afterwards(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });
}
