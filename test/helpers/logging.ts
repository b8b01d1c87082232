import { BareClient } from './BareClient';
import { Program } from './Program';

/** Starts a LoggingDateServer on a free port. */
export function startLogging(folder: string): Program {
  return Program.lab('LoggingDateServer', ['--port', '0', '--quiet', '--log-dir', folder]);
}

/** Asks one question after the other, until there are enough answers, or an error, or no server. */
export async function askInTurn(port: number, name: string, questions: number): Promise<string[]> {
  const client = await BareClient.connect(port);
  const answered: string[] = [];
  try {
    while (answered.length < questions) {
      const question = `${name} question ${answered.length}`;
      const lines = await client.send(`${question}\n`).lines(answered.length + 1);
      if (lines.at(-1)?.startsWith('ERROR ')) break;
      answered.push(question);
    }
  } catch {
    // The server was killed: the last question was not answered.
  }
  return answered;
}
