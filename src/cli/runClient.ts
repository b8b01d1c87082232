import { formatAddress } from '../socket/Address';
import { DEFAULT_CLIENT_LIMITS, type SocketClient } from '../socket/SocketClient';
import { adviseClient } from './advice';
import {
  clientCommand,
  type ClientOptions,
  type ClientProgram,
  runConversation,
} from './clientCommand';
import { say } from './complain';
import { createCommand, seconds, secondsOrNone } from './options';

type ClientClass = new (text: string) => SocketClient<string>;

interface Options extends ClientOptions {
  /** s */
  readonly wait: number;
  /** s */
  readonly timeout: number;
}

/** Runs a client from the command line: options, result on stdout, exit code. */
export function runClient(Client: ClientClass, program: ClientProgram): void {
  const { name } = Client;
  const limits = DEFAULT_CLIENT_LIMITS;
  const command = createCommand(name, `${name} of the Client/Server Communication lab.`);
  clientCommand(command, program)
    .option(
      '--wait <s>',
      'how long to wait for a server to start',
      secondsOrNone,
      limits.wait / 1000,
    )
    .option('--timeout <s>', 'how long to wait for an answer', seconds, limits.timeout / 1000);
  void runConversation<Options>(name, program, command, {
    converse: (text, server, { wait, timeout }) => {
      const waiting = () => {
        const where = formatAddress(server);
        say(`${name}: no server on ${where} yet, waiting up to ${wait} s for it`);
      };
      const chosen = { wait: wait * 1000, timeout: timeout * 1000 };
      return new Client(text).run(server, { limits: chosen, report: { waiting } });
    },
    advise: (error, port) => adviseClient(name, program, port, error),
  });
}
