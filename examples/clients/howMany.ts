import { type Argument, count } from '../../src/cli/options';

/** How many messages a client sends: 20, unless its command line says another number. */
export const HOW_MANY: Argument = {
  name: 'count',
  description: 'how many messages',
  default: '20',
  parse: (text) => String(count(text)),
};
