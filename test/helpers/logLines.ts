import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';

const LINE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d \S+:\d+ (".*")\n$/;

/** What the log files in a folder say, in the order of their numbers. */
export function loggedRequests(folder: string): string[] {
  const names = readdirSync(folder).map((name) => {
    const number = /^log(\d+)\.txt$/.exec(name)?.[1];
    if (number === undefined) throw new Error(`a file that does not belong here: ${name}`);
    return { name, number: Number(number) };
  });
  names.sort((a, b) => a.number - b.number);
  const texts = names.map(({ name }) => readFileSync(path.join(folder, name), 'utf8'));
  return texts
    .filter((text) => text !== '') // of a request that was never answered
    .map(requestIn);
}

/** The request in a line of a log. */
export function requestIn(line: string): string {
  const request = LINE.exec(line)?.[1];
  if (request === undefined) throw new Error(`not one whole line: ${JSON.stringify(line)}`);
  return JSON.parse(request) as string;
}
