/** Loaded before a server, with node -r: the calls of its sockets can't be watched. */
import { createRequire } from 'node:module';

const seam = createRequire(__filename)('../src/socket/calls') as Record<string, unknown>;
seam['call'] = () => undefined;
seam['created'] = () => undefined;
