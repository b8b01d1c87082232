import type { Frame } from './debugLines';

/** A system call, as strace has written it. */
export interface Syscall {
  readonly pid: number;
  /** s since 1970 */
  readonly t: number;
  readonly name: string;
  readonly args: string;
  /** Undefined while it waits. */
  readonly result: Result | undefined;
  /** Who called it, the nearest first. */
  readonly frames: readonly Frame[];
}

interface Result {
  readonly value: string;
  /** The same with what it refers to: `4<TCP:[...]>`. */
  readonly text: string;
  readonly error: string | undefined;
  readonly why: string;
  /** s */
  readonly d: number;
}

const LINE = /^(\d+) +(\d+\.\d+) (.*)$/;
const CALL = /^(\w+)\((.*)$/;
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/;
const UNFINISHED = / ?<unfinished \.\.\.>$/;
const RESULT = /\) += ((-?\w+|\?)\S*)(?: (E\w+) \((.*)\))?.*? <([\d.]+)>$/;
/** ` > /home/ann/server(main+0x1f) [0x1189]` */
const FRAME = /^ > (.*?)\(([^()+]*)(?:\+0x[\da-f]+)?\) \[0x([\da-f]+)\]$/;

interface Begun {
  readonly pid: number;
  readonly t: number;
  text: string;
}

/** The calls in the order in which they began; one that another thread interrupts is put together. */
export function syscallsIn(text: string): Syscall[] {
  const begun = new Map<number, Begun>();
  const all: { call: Begun; frames: Frame[] }[] = [];
  for (const line of text.split('\n')) {
    const frame = FRAME.exec(line);
    if (frame) {
      const [, file = '', fn = '', address = '0'] = frame;
      all.at(-1)?.frames.push({ file, fn, address: Number.parseInt(address, 16) });
      continue;
    }
    const [, pid = '', t = '', rest = ''] = LINE.exec(line) ?? [];
    if (rest === '') continue;
    const resumed = RESUMED.exec(rest);
    const open = begun.get(Number(pid));
    begun.delete(Number(pid));
    const call = resumed && open ? open : { pid: Number(pid), t: Number(t), text: '' };
    call.text += (resumed ? (resumed[1] ?? '') : rest).replace(UNFINISHED, '');
    if (UNFINISHED.test(rest)) begun.set(Number(pid), call);
    else all.push({ call, frames: [] });
  }
  for (const call of begun.values()) all.push({ call, frames: [] });
  return all
    .flatMap(({ call, frames }) => syscallOf(call, frames))
    .sort((one, other) => one.t - other.t);
}

function syscallOf({ pid, t, text }: Begun, frames: readonly Frame[]): Syscall[] {
  const [, name = '', rest = ''] = CALL.exec(text) ?? [];
  if (name === '') return [];
  const [whole = '', resultText = '', value = '', error, why = '', d] = RESULT.exec(rest) ?? [];
  const args = rest.slice(0, rest.length - whole.length);
  const result = whole === '' ? undefined : { value, text: resultText, error, why, d: Number(d) };
  return [{ pid, t, name, args, result, frames }];
}
