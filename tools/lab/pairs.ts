/** A server and the client that talks with it, by their files in the project. */
export type Pair = readonly [server: string, client: string];

/** The programs of each lab. */
export const PAIRS: Readonly<Record<string, Pair>> = {
  echo: ['src/EchoServer', 'src/EchoClient'],
  date: ['src/DateServer', 'src/DateClient'],
  logging: ['src/LoggingDateServer', 'src/DateClient'],
  'udp-echo': ['src/udp/UdpEchoServer', 'src/udp/UdpEchoClient'],
  'udp-date': ['src/udp/UdpDateServer', 'src/udp/UdpDateClient'],
};

/** Programs of steps/ and examples/ for the lessons; they do what the lab's own programs don't. */
export const LESSON_PAIRS: Readonly<Record<string, Pair>> = {
  'step-2': ['steps/2-one-after-another', 'src/EchoClient'],
  'step-3': ['steps/3-many-clients', 'src/EchoClient'],
  'two-in-one': ['src/DateServer', 'examples/clients/TwoInOneSend'],
  'two-pieces': ['src/EchoServer', 'examples/clients/OneInTwoPieces'],
  'eof-first': ['src/EchoServer', 'examples/clients/EndOfFileFirst'],
  'udp-20': ['src/udp/UdpEchoServer', 'examples/clients/TwentyDatagrams'],
  'tcp-20': ['src/EchoServer', 'examples/clients/TwentyMessages'],
};
