import { DATE_CLIENT, ECHO_CLIENT } from './clients';
import { DATE_SERVER } from './dateServer';
import { ECHO_SERVER } from './echoServer';
import { LOGGING_DATE_SERVER } from './loggingDateServer';
import type { Stage } from './stage';

/** A program of the lab that the kit can check. */
export interface Program {
  /** The slides' port. */
  readonly port: number;
  readonly stages: readonly Stage[];
  /** The kit plays the server. */
  readonly isClient?: true;
}

export const PROGRAMS: Record<string, Program> = {
  'echo-server': { port: 65432, stages: ECHO_SERVER },
  'date-server': { port: 6015, stages: DATE_SERVER },
  'logging-date-server': { port: 6015, stages: LOGGING_DATE_SERVER },
  'echo-client': { port: 65432, stages: ECHO_CLIENT, isClient: true },
  'date-client': { port: 6015, stages: DATE_CLIENT, isClient: true },
};
