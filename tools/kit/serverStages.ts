import { formatAddress } from '../../src/socket/Address';
import { roundAndRound } from './diagnose';
import type { Probe } from './Probe';
import { socketsOf } from './sockets';
import { type Cause, Finding, findingOf, type Trial, type Stage } from './stage';

const CLOSE_MS = 2000;
const ONE_AFTER_ANOTHER = 100;
const TOGETHER = 20;
/** After this many ms, a program that ends is gone. */
const ENDING_MS = 200;
/** A server that gets end of file closes within this time, in ms; a slower one does not matter here. */
const LEFT_MS = 500;

/** Bytes on the wrong connection have come by then, in ms. */
const STRAY_MS = 50;
const ONE_VARIABLE =
  'the answer came on the other connection: your server keeps the newest socket in one variable that all threads share; give each conversation its own variable';

/** How to ask one kind of server. */
export interface Ask {
  /** Asks, and checks the answer. @throws Finding when it is wrong. */
  ask(trial: Trial, probe: Probe, name: string, did: string): Promise<void>;
  /** The same as a command to type. */
  try(trial: Trial, name: string): string;
}

export function listens(slide: string): Stage {
  return {
    title: 'It listens',
    slide,
    async check(trial) {
      const probe = await trial.connect();
      await probe.close();
    },
  };
}

export function secondClient(kind: Ask, needs: number[], slide: string): Stage {
  return {
    title: 'A second client, after the first',
    slide,
    needs,
    async check(trial) {
      const first = await trial.connect();
      await kind.ask(trial, first, 'first', 'asked as the first client');
      await first.close();
      await next(kind, trial, 'second', {
        did: 'connected again, after the first client had closed',
        expected: 'the connection to be accepted and answered',
        whyEnded: (how) =>
          `your server ends after its first client (it ${how}): call accept() again, in a loop around everything from accept() to close()`,
        whySilent: (finding) => trial.knownCause ?? notAccepted(finding, trial),
      });
    },
  };
}

/** The message when the next client is not served. */
interface Next {
  readonly did: string;
  readonly expected: string;
  readonly whyEnded: (how: string) => string;
  /** If the program still runs, and nothing more is known. */
  readonly whySilent: (finding: Finding) => Cause;
}

/** Asks as the next client. */
async function next(kind: Ask, trial: Trial, name: string, terms: Next): Promise<void> {
  const { did, expected, whyEnded, whySilent } = terms;
  let finding: Finding;
  try {
    await kind.ask(trial, await trial.connectNow(), name, did);
    return;
  } catch (error) {
    if (trial.deadline.isOver) throw error;
    const found = findingOf(error, trial);
    if (!found) throw error;
    finding = found;
  }
  await trial.subject?.endedInTime(ENDING_MS);
  const how = trial.subject?.how;
  if (how !== undefined) {
    throw new Finding({
      did,
      expected,
      came: `connection refused: your program ${how}`,
      likely: trial.knownCause ?? whyEnded(how),
      try: kind.try(trial, name),
    });
  }
  throw new Finding({
    ...finding.found,
    did,
    expected,
    likely: finding.found.likely ?? whySilent(finding),
    try: kind.try(trial, name),
  });
}

/** Only true if a program still runs, is silent, and has not accepted this connection. */
function notAccepted({ found }: Finding, trial: Trial): string | undefined {
  if (!found.came.startsWith('nothing: timeout') || trial.subject?.how !== undefined)
    return undefined;
  const sockets = socketsOf(trial.subject?.pids ?? []);
  const { port } = trial.address;
  if (sockets.some(({ state, port: own }) => state === 'connected' && own === port))
    return undefined;
  const cause =
    'the system has connected it, but your server does not accept() it: call accept() again after each client';
  return sockets.length > 0 ? cause : `probably ${cause}`;
}

export function twoTogether(kind: Ask, needs: number[], slide: string): Stage {
  return {
    title: 'Two clients at the same time; the second one speaks first',
    slide,
    needs,
    async check(trial) {
      const first = await trial.connect();
      const second = await trial.connectNow();
      const did = 'connected twice, and asked on the second connection first';
      try {
        await kind.ask(trial, second, 'second', did);
      } catch (error) {
        if (!(error instanceof Finding)) throw error;
        const stray = (await first.hasCome(STRAY_MS)) ? ONE_VARIABLE : undefined;
        const likely = stray ?? error.found.likely ?? (() => oneAtATime(kind, trial));
        throw new Finding({ ...error.found, likely });
      }
      try {
        await kind.ask(trial, first, 'first', 'asked on the first connection after that');
      } catch (error) {
        if (!(error instanceof Finding)) throw error;
        const likely = (await second.hasCome(STRAY_MS)) ? ONE_VARIABLE : error.found.likely;
        throw new Finding({ ...error.found, likely });
      }
    },
  };
}

/** Whether the second client is served as soon as the first has left. */
async function oneAtATime(kind: Ask, trial: Trial): Promise<string | undefined> {
  await trial.fresh();
  const first = await trial.connect();
  const second = await trial.connectNow();
  await first.close();
  try {
    await kind.ask(trial, second, 'second', '');
  } catch {
    return undefined;
  }
  return 'the second client is served as soon as the first has left: your server talks with one client at a time; give each client its own thread, or never wait for only one of them (slide "Socket Programming: Simple Client", its last answer)';
}

export function leavesSilently(kind: Ask, needs: number[], slide: string): Stage {
  return {
    title: 'A client leaves without sending anything, and the next is served',
    slide,
    needs,
    async check(trial) {
      const silent = await trial.connect();
      await silent.leave(LEFT_MS);
      await next(kind, trial, 'next', {
        did: 'connected, sent nothing and closed, and connected again',
        expected: 'the next client to be served',
        whyEnded: () =>
          'recv() returns no bytes when a client leaves without sending anything: end this conversation, not your program',
        whySilent: (finding) => async () =>
          (await roundAndRound(trial.subject?.pids ?? [])) ?? notAccepted(finding, trial),
      });
    },
  };
}

export function breaksOff(kind: Ask, needs: number[]): Stage {
  return {
    title: 'A client resets its connection, and the next is served',
    needs,
    async check(trial) {
      const resetting = await trial.connect();
      await kind.ask(trial, resetting, 'reset me', 'asked once');
      void resetting.send('and then', CLOSE_MS);
      resetting.reset();
      await trial.subject?.endedInTime(ENDING_MS); // it may serve the next before it hears of that
      const likely =
        'recv() and send() fail (ECONNRESET, EPIPE) when a client is gone: catch that around one conversation, not around all of them';
      await next(kind, trial, 'next', {
        did: 'sent something, reset the connection (RST), and connected again',
        expected: 'the next client to be served',
        whyEnded: () => likely,
        whySilent: () => `probably ${likely}`,
      });
    },
  };
}

export function crowd(kind: Ask, needs: number[]): Stage {
  return {
    title: `${ONE_AFTER_ANOTHER} clients in turn, then ${TOGETHER} together; all connections get closed`,
    needs,
    async check(trial) {
      for (let number = 1; number <= ONE_AFTER_ANOTHER; number++) {
        const did = `connected as client ${number} of ${ONE_AFTER_ANOTHER}, one after the other`;
        const probe = number === 1 ? await trial.connect() : await trial.connectNow();
        await kind.ask(trial, probe, `client ${number}`, did);
        await goes(probe, did);
      }
      const probes = await trial.connectMany(TOGETHER);
      const did = `connected ${TOGETHER} times, and asked on all connections at the same time`;
      const asked = await Promise.allSettled(
        probes.map((probe) => kind.ask(trial, probe, 'all', did)),
      );
      const failures = asked.filter((each) => each.status === 'rejected');
      const [first] = failures;
      if (!first) return;
      if (!(first.reason instanceof Finding)) throw first.reason;
      const answered = TOGETHER - failures.length;
      throw new Finding({
        did,
        expected: `${TOGETHER} right answers`,
        came: `${answered}; one of the others got ${first.reason.found.came}`,
        likely: `probably your server has a limited number of threads or processes (${answered}): each open connection holds one of them`,
      });
    },
  };
}

/** The client sends end of file, and waits for the server's. */
async function goes(probe: Probe, did: string): Promise<void> {
  probe.shutdown();
  const { ending } = await probe.receiveAll(CLOSE_MS);
  probe.reset();
  if (ending !== 'timeout') return;
  throw new Finding({
    did,
    expected: "your end of file after the client's",
    came: `timeout: the connection was still open after ${CLOSE_MS / 1000} s`,
    likely:
      'probably close() is missing for each client: open sockets add up until the system allows no more',
  });
}

export function restarts(kind: Ask, needs: number[]): Stage {
  return {
    title: 'Stopped with a connection open, and started again',
    needs,
    startsIt: true,
    async check(trial) {
      const did = 'stopped your program (SIGTERM) with a connection open, and started it again';
      await trial.fresh();
      const before = await trial.connect();
      await kind.ask(trial, before, 'before', 'asked once');
      // It has closed, but may wait for this client to close, too.
      await trial.subject?.end(before.receiveAll(CLOSE_MS));
      await trial.restart();
      try {
        await kind.ask(trial, await trial.connect(), 'after', did);
      } catch (error) {
        const expected = `it to listen on ${formatAddress(trial.address)} again`;
        const came = `your program ${trial.subject?.how ?? 'does not answer there'}`;
        const held = await whyHeld(kind, trial);
        // No slide asks for SO_REUSEADDR.
        if (held !== undefined) throw new Finding({ did, expected, came, likely: held }, 'warned');
        const likely = error instanceof Finding ? error.found.likely : undefined;
        throw new Finding({ did, expected, came, likely });
      }
    },
  };
}

/** Whether the system keeps the port, as the program says, or as another start of it shows. */
async function whyHeld(kind: Ask, trial: Trial): Promise<string | undefined> {
  // On Windows no program needs it, and with it a program could take a port that another one uses.
  if (process.platform === 'win32') return undefined;
  if (/in use|EADDRINUSE|BindException/i.test(trial.subject?.printed ?? ''))
    return 'the system keeps the port until its connections are over, and for some time after that (TIME_WAIT; one minute on Linux): set SO_REUSEADDR before bind(); the first start with it still has to wait';
  return startsWhenFree(kind, trial);
}

/** Whether it starts again without the connection, also when it says nothing of a port that is in use. */
async function startsWhenFree(kind: Ask, trial: Trial): Promise<string | undefined> {
  await trial.fresh();
  try {
    await kind.ask(trial, await trial.connect(), 'again', '');
    return 'it started again as soon as the old connection was gone: until then the system keeps the port, so set SO_REUSEADDR before bind()';
  } catch {
    return undefined;
  }
}
