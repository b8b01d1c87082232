/** The lessons, in the order of the slides. */
import type { Lesson, Stage } from './Lesson';

const HELLO = 'Hello, world';
const QUESTION = 'What time is it?';

export const LESSONS: readonly Lesson[] = [
  {
    id: 'no-server',
    slide: 'Client/Server Communication',
    title: 'A client without a server',
    text: 'A server runs all the time, and a client comes when it is needed. Here a client comes, and no server runs. No program has the port that it connects to.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: (stage) => stage.talk(HELLO),
        look: 'The connect() that fails with ECONNREFUSED.',
        sought: { role: 'client', call: 'connect', code: 'ECONNREFUSED' },
      },
    ],
    question: 'Who refused the connection? There is no server.',
    answer:
      "The system did. It knows that no program listens on this port, and answers with a reset (RFC 9293, section 3.10.7.1). So the client doesn't have to wait for a timeout. In a terminal our clients try again for 10 seconds, because in the lab both programs are often started together.",
  },
  {
    id: 'udp',
    slide: 'Client/Server Communication',
    title: 'UDP: lost, twice, late',
    text: 'The client sends the numbers 1 to 20 over UDP, one in each datagram. A relay between client and server acts like a bad network: it loses some, sends some twice, and lets some overtake others. The client sends nothing again.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'udp-20',
        play: withClient('20'),
        look: 'A datagram that is lost: its arrow ends at the relay.',
        sought: { arrow: 'missing' },
      },
    ],
    question: 'The client waits for 20 answers. How does it know that some never come?',
    answer:
      "It doesn't know. It stops when its time is up. UDP tells neither side what was lost, so a program that needs to know must number its messages, wait, and send again.",
  },
  {
    id: 'tcp',
    slide: 'Client/Server Communication',
    title: 'TCP: the same 20',
    text: 'The same 20 numbers go over one TCP connection. Each is sent when the previous one has come back. All come back, in order, and the client has no code to repair anything.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'tcp-20',
        play: withClient('20'),
        look: 'The last answer: it is the twentieth.',
        sought: { role: 'client', call: 'recv', nth: 20 },
      },
    ],
    question: 'What does TCP do that you do not see here?',
    answer:
      'It numbers every byte. The other side acknowledges the bytes that have come, and TCP sends bytes again that are not acknowledged in time. So all bytes come, in order, or the connection ends with an error. On one machine nothing is lost; on Linux, npm run udp -- loss --netem loses real packets of both.',
  },
  {
    id: 'accept',
    slide: 'Socket programming for Client/Server Applications',
    title: 'accept() returns a new socket',
    text: "The server's first socket only welcomes clients. For each client, accept() gives the server a new socket, and the conversation uses that one. Two clients come at the same moment.",
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: async (stage) => {
          await stage.server();
          await stage.together(['first', 'second']);
        },
        look: 'The second accept(): a new life line begins there.',
        sought: { role: 'server', call: 'accept', nth: 2 },
      },
    ],
    question: 'Could the server receive on its first socket, too?',
    answer:
      'No. That socket is not connected, so recv() on it fails (ENOTCONN). It has one job, accept(), and it stays open when a client leaves.',
  },
  {
    id: 'addresses',
    slide: 'Socket programming for Client/Server Applications',
    title: 'Which connection is which?',
    text: "Two clients send the same text to the same port. The bytes do not show who sent them. Compare the ports below the clients' names with those at accept().",
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: async (stage) => {
          await stage.server();
          await stage.together([HELLO, HELLO]);
        },
        look: 'The second accept(): the port in it is that of one client.',
        sought: { role: 'server', call: 'accept', nth: 2 },
      },
    ],
    question: 'Both sockets of the server have the same local port. What tells them apart?',
    answer:
      'Both ends together: the host and port on this side, and the host and port on the other. The local ends are equal here, but each client has its own port.',
  },
  {
    id: 'figure',
    slide: 'Socket Programming: Client - Server',
    title: 'The picture on the slide',
    text: 'One client talks with one server. Each row is a call, or two calls that belong together. They have the names and the order of the slide. Click a row: the line of code that made the call is next to it.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: withClient(HELLO),
        look: 'The row in which connect() meets accept().',
        sought: { role: 'server', call: 'accept', arrow: 'handshake' },
      },
    ],
    question: 'The server called accept() before the client came. What did it do until then?',
    answer:
      'It waited: accept() blocks until a client comes. The hatched bar shows how long. Only this line of the server waits; conversations with other clients would go on.',
  },
  {
    id: 'half-close',
    slide: 'Socket Programming: Client - Server',
    title: 'End of file, half-close',
    text: "The client sends everything, and then closes its own direction with shutdown(). The server's recv() then returns no bytes: that is end of file. The other direction is still open.",
    runs: [
      {
        label: 'End of file first, then read',
        lab: 'eof-first',
        play: withClient(HELLO),
        look: 'The recv() = 0 of the server: end of file.',
        sought: { role: 'server', call: 'recv', arrow: 'eof' },
      },
    ],
    question: 'The client has sent end of file. Why does it still get its echo?',
    answer:
      "Each direction of a connection ends by itself (half-close, RFC 9293, section 3.6.1). shutdown() ends only the client's direction; close() closes both.",
  },
  {
    id: 'killed',
    slide: 'Socket Programming: Client - Server',
    title: 'A client is killed',
    text: "Client A has sent its message, and is killed before it reads the echo. It can't call close() any more; its system closes the socket. Then client B comes.",
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: async (stage) => {
          await stage.server();
          const client = await stage.halt('Who is there?', 'recv');
          await stage.returned('server', 'sendall', 1);
          client.kill();
          await client.ended;
          await stage.talk('I am.');
        },
        look: 'The recv() of the server that fails with ECONNRESET.',
        sought: { role: 'server', call: 'recv', code: 'ECONNRESET' },
      },
    ],
    question: 'Does the server end, too?',
    answer:
      'It must not. The error belongs to one conversation. The server closes that socket and goes on, as client B shows. Client A had unread bytes, so its system sent a reset (RFC 1122, section 4.2.2.13); without them, end of file would have come.',
  },
  {
    id: 'ports',
    slide: 'Socket Programming: Ports',
    title: 'Well-known ports, and ports in use',
    text: 'A server takes a port that its clients know. A client gets any free port from its system, a different one in each run. Then a second server asks for the port of the first.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'echo',
        play: async (stage) => {
          await stage.server();
          await stage.talk(HELLO);
          await stage.serverOnSamePort();
        },
        look: 'The call of the second server that fails with EADDRINUSE.',
        sought: { role: 'server', call: 'listen', code: 'EADDRINUSE' },
      },
    ],
    question: 'Why must clients know the port of a server, and not the other way round?',
    answer:
      "The client sends first, so it must know the address. The server gets the client's address with the connection: accept() returns it. That is why services have well-known ports, such as 80 for the Web. Those below 1024 are reserved: on most systems a program needs a special right for them.",
  },
  {
    id: 'await',
    slide: 'Socket Programming: Simple Client',
    title: 'Many clients, and one await',
    text: 'Client A connects, and is halted before it sends anything. Then client B connects and sends. The two servers differ in one word: step 2 waits until a conversation is over (await), step 3 does not.',
    runs: [
      {
        label: 'With await (step 2)',
        lab: 'step-2',
        play: async (stage) => {
          await stage.server();
          const first = await stage.halt('A', 'sendall');
          const second = stage.talk('B');
          await stage.returned('client', 'sendall', 1);
          first.goOn();
          await Promise.all([first.ended, second]);
        },
        look: 'The second accept(): it comes when client A has left.',
        sought: { role: 'server', call: 'accept', nth: 2 },
      },
      {
        label: 'Without (step 3)',
        lab: 'step-3',
        play: async (stage) => {
          await stage.server();
          const first = await stage.halt('A', 'sendall');
          await stage.talk('B');
          first.goOn();
          await first.ended;
        },
        look: 'The second accept(): client A is still there.',
        sought: { role: 'server', call: 'accept', nth: 2 },
      },
    ],
    question: 'In step 2, connect() of client B returns long before the server accepts it. Why?',
    answer:
      "The system does the handshake. The connection then waits in the backlog of the welcoming socket, with the bytes that have come, until accept() takes it. The slide's answer to many clients is a thread for each; ours is the await that is missing.",
  },
  {
    id: 'stream',
    slide: 'Socket Programming: Simple Client',
    title: 'TCP is a stream',
    text: 'TCP carries bytes in order, and no messages. How many bytes a recv() returns does not depend on how many bytes one send had.',
    runs: [
      {
        label: 'Two messages in one send',
        lab: 'two-in-one',
        play: withClient(QUESTION),
        look: 'The first recv() of the server: two questions are in it.',
        sought: { role: 'server', call: 'recv', arrow: 'bytes' },
      },
      {
        label: 'One in two pieces',
        lab: 'two-pieces',
        play: withClient(HELLO),
        look: 'The second recv() of the server: it returns the rest of one message.',
        sought: { role: 'server', call: 'recv', arrow: 'bytes', nth: 2 },
      },
    ],
    question: 'The date server answers each question once. How does it know where a question ends?',
    answer:
      "TCP can't tell, so client and server agree on a sign: here it is the newline, and Messages.next() looks for it. Other protocols send the length first. Step 4 has a server that treats each recv() as one question: it answers wrongly in both cases.",
  },
  {
    id: 'log',
    slide: 'Exercise 3: Logging Server',
    title: 'Numbered log files',
    text: 'Two logging servers run on two ports and write into one folder. Client A asks the first server, client B the second, client C the first again. Each request becomes a file with its own number.',
    runs: [
      {
        label: 'Set up and run',
        lab: 'logging',
        play: async (stage) => {
          await stage.server();
          const port = await stage.serverOnOtherPort();
          await stage.talk(QUESTION);
          await stage.talk('And for you?', port);
          await stage.talk('Once more?');
        },
        look: 'The second file: the other server wrote it.',
        sought: { role: 'server', call: 'log', nth: 2 },
      },
    ],
    question: "The servers don't know each other. Why do they never write the same file?",
    answer:
      'Each opens its file with a flag that means: only if this file does not exist yet (O_EXCL; wx in Node.js). If it exists, the other server was faster, and it tries the next number. The file system decides, so this works even after a crash.',
  },
];

function withClient(message: string): (stage: Stage) => Promise<void> {
  return async (stage) => {
    await stage.server();
    await stage.talk(message);
  };
}
