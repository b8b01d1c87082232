import { type Argument, count } from '../../src/cli/options';

/** How many messages a client sends: 20, or the number on its command line. */
export const HOW_MANY: Argument = {
  name: 'count',
  description: 'how many messages',
  default: '20',
  parse: (text) => String(count(text)),
};
