/** `npm run check -- pair`: a client and a server, each with ours, and then with each other. */
import {
  type Answer,
  DATE,
  ECHO,
  END_MS,
  ends,
  prints,
  quotedOrNothing,
  talk,
  whatInstead,
} from './clients';
import { tellsNow } from './dateServer';
import { isNow } from './dates';
import { saysHello } from './echoServer';
import type { Program } from './programs';
import { Finding, type Stage, type Trial } from './stage';

/** A server has this long to listen, in ms, on systems that do not show when it does. */
const START_MS = 10_000;

/** What the two talk about. */
interface Topic {
  readonly port: number;
  readonly answer: Answer;
  /** Asks the server. @throws Finding when it does not answer as it should. */
  readonly asks: (trial: Trial) => Promise<void>;
  /** What the client must show, in words, and whether it is there. */
  readonly shown: (said: string) => string;
  readonly isShown: (printed: string, said: string) => boolean;
}

const TOPICS = {
  echo: {
    port: 65432,
    answer: ECHO,
    asks: saysHello,
    shown: (said) => quotedOrNothing(said),
    isShown: (printed, said) => printed.includes(said),
  },
  date: {
    port: 6015,
    answer: DATE,
    asks: tellsNow,
    shown: () => 'the present date and time',
    isShown: (printed) => isNow(printed, new Date()),
  },
} satisfies Record<string, Topic>;

export type Lab = keyof typeof TOPICS;
export const LABS = Object.keys(TOPICS);

/** The commands of a pair, each split into words. */
export interface Pair {
  readonly server: readonly string[];
  readonly client: readonly string[];
}

/** The stages of a pair; those of the server are about the server of the trial. */
export function pairOf(lab: Lab): Program {
  const topic = TOPICS[lab];
  return { port: topic.port, stages: stagesOf(topic), isClient: true };
}

function stagesOf(topic: Topic): readonly Stage[] {
  return [
    { title: 'Your server answers our client', isOfServer: true, check: topic.asks },
    {
      title: 'Your client shows what our server answers, and ends',
      startsIt: true,
      async check(trial) {
        await prints(trial, topic.answer);
        await ends(trial, topic.answer);
      },
    },
    {
      title: 'Your client and your server talk with each other',
      slide: 'slide "Client/Server Communication"',
      startsIt: true,
      check: (trial) => meetEachOther(trial, topic),
    },
  ];
}

async function meetEachOther(trial: Trial, topic: Topic): Promise<void> {
  const { server } = trial;
  if (!server) throw new Error('a pair has a server');
  const { shown: said } = await talk(trial, topic.answer);
  await trial.clear();
  try {
    await server.begin();
    await server.fresh();
    await server.listens();
    await runClient(trial);
    const { printed = '', exitCode, how } = trial.subject ?? {};
    if (exitCode === 0 && topic.isShown(printed, said)) return;
    throw new Finding({
      did: 'started your server, and then your client',
      expected: `your client to show ${topic.shown(said)}, and to end with exit code 0`,
      came: `${quotedOrNothing(printed)}; your client ${how ?? `was still running ${END_MS / 1000} s later`}`,
      likely: server.knownCause ?? trial.knownCause ?? whatInstead(trial) ?? whatServerDid(server),
    });
  } finally {
    await server.clear();
  }
}

/** Only Linux tells when a server listens: elsewhere the client may come too early, and comes again. */
async function runClient(trial: Trial): Promise<void> {
  const begun = performance.now();
  do {
    await trial.fresh();
    await trial.subject?.endedInTime(END_MS);
  } while (
    process.platform !== 'linux' &&
    trial.subject?.exitCode !== 0 &&
    performance.now() - begun < START_MS
  );
}

function whatServerDid({ subject }: Trial): string | undefined {
  return subject?.how === undefined ? undefined : `probably because your server ${subject.how}`;
}
