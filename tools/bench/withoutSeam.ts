/** Loaded before a server, with node -r: the calls of its sockets can't be watched. */
import { createRequire } from 'node:module';

/** Loads a module only when it is needed. */
const loadLate = createRequire(__filename);
const seam: Record<string, unknown> = loadLate(
  '../../src/socket/calls',
) as typeof import('../../src/socket/calls');
seam['call'] = () => undefined;
seam['created'] = () => undefined;
