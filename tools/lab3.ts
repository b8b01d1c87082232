/** The command `lab3`: each of its names starts a program of the lab, or a tool. */
import Module from 'node:module';
import * as path from 'node:path';
import { labVersion } from '../src/cli/options';
import { inKebabCase } from '../src/text/startedAs';

/** By its name: the file in the project, and what it does. */
type Names = Readonly<Record<string, readonly [file: string, does: string]>>;

const TOOLS: Names = {
  check: ['tools/kit/main', 'checks a program of yours, stage by stage'],
  trace: ['tools/trace/main', 'runs a server and a client, and draws their socket calls'],
  live: ['tools/live/main', 'the same on a page in the browser, call by call'],
  udp: ['tools/udp/main', "shows what UDP does and TCP doesn't"],
};
const PROGRAMS: Names = named({
  'src/EchoServer': 'sends back all that it receives',
  'src/EchoClient': 'sends a message, and prints what comes back',
  'src/DateServer': 'answers each question with the time',
  'src/DateClient': 'asks for the time',
  'src/LoggingDateServer': 'the date server that logs each question in a file',
  'src/udp/UdpEchoServer': 'the echo server over UDP',
  'src/udp/UdpEchoClient': 'its client',
  'src/udp/UdpDateServer': 'the date server over UDP',
  'src/udp/UdpDateClient': 'its client',
});

/** Runs what the command line names, as if it had been started itself. */
export function run(): void {
  const [name = '', ...args] = process.argv.slice(2);
  const names = new Map(Object.entries({ ...TOOLS, ...PROGRAMS }));
  const [file] = names.get(name) ?? [];
  if (file === undefined) {
    tell(name);
    return;
  }
  process.argv = [process.execPath, path.join(__dirname, '..', file), ...args];
  Module.runMain();
}

function tell(name: string): void {
  if (/^(?:|-h|--help|help)$/.test(name)) console.log(map());
  else if (/^(?:-V|--version)$/.test(name)) console.log(labVersion());
  else {
    console.error(`lab3: there is no ${JSON.stringify(name)}\n\n${map()}`);
    process.exitCode = 2;
  }
}

function map(): string {
  return `Usage: lab3 NAME [options]

Tools, for the lab's programs and for yours:
${listed(TOOLS)}

The programs of the lab:
${listed(PROGRAMS)}

For example, each in its own terminal:
  lab3 echo-server
  lab3 echo-client "Hello, world"
or of yours:
  lab3 check date-server -- python3 DateServer.py
  lab3 trace --server "python3 EchoServer.py" echo

lab3 NAME --help tells the options.`;
}

function listed(names: Names): string {
  return Object.entries(names)
    .map(([name, [, does]]) => `  ${name.padEnd(20)}  ${does}`)
    .join('\n');
}

function named(programs: Readonly<Record<string, string>>): Names {
  return Object.fromEntries(
    Object.entries(programs).map(([file, does]) => [
      inKebabCase(path.posix.basename(file)),
      [file, does] as const,
    ]),
  );
}
