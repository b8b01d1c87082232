import * as path from 'node:path';
import type { SourceLine } from '../../src/trace/record';
import { ROOT } from '../lab/LabProgram';

const THREAD = /^(?:Current thread|Thread) 0x/;
/** `  File "/home/ann/EchoServer.py", line 13 in converse` */
const FRAME = /^ {2}File "(.*)", line (\d+) in (.*)$/;

/** The watcher itself. */
const OURS = path.join(ROOT, 'tools/watch/python');

/** Where each thread is in files of this folder, as Python's faulthandler tells it; the current one first. */
export function stacksIn(text: string, folder: string): SourceLine[] {
  const threads: { isCurrent: boolean; place?: SourceLine }[] = [];
  for (const line of text.split('\n')) {
    if (THREAD.test(line)) threads.push({ isCurrent: line.startsWith('Current') });
    const thread = threads.at(-1);
    const [, file = '', number, fn = ''] = FRAME.exec(line) ?? [];
    if (path.dirname(file) === OURS) continue;
    const short = path.relative(folder, path.resolve(folder, file));
    if (!thread || thread.place || file === '' || short.startsWith('..') || file.startsWith('<'))
      continue;
    thread.place = { file: short.replaceAll(path.sep, '/'), line: Number(number), col: 1, fn };
  }
  return threads
    .sort((one, other) => Number(other.isCurrent) - Number(one.isCurrent))
    .flatMap(({ place }) => (place ? [place] : []));
}
