/** The programs of each lab, by their files in src/. */
export const PAIRS: Readonly<Record<string, readonly [server: string, client: string]>> = {
  echo: ['EchoServer', 'EchoClient'],
  date: ['DateServer', 'DateClient'],
  logging: ['LoggingDateServer', 'DateClient'],
  'udp-echo': ['udp/UdpEchoServer', 'udp/UdpEchoClient'],
  'udp-date': ['udp/UdpDateServer', 'udp/UdpDateClient'],
};
