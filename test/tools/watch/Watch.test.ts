import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { CallRecord, TraceRecord } from '../../../src/trace/record';
import { RecordFile } from '../../../tools/watch/RecordFile';
import { fromStrace } from '../../../tools/watch/strace';
import { Watch } from '../../../tools/watch/Watch';
import { cleanUp } from '../../helpers/cleanUp';
import { itWith } from '../../helpers/itOnLinux';
import { ROOT } from '../../helpers/Program';
import { freshFolder } from '../kit/checking';

const PROGRAMS = path.join(ROOT, 'test/tools/watch/programs');

function watch(file: string, ...command: string[]): Watch {
  const origin = process.hrtime.bigint();
  return new Watch({ command, cwd: PROGRAMS, role: 'client', program: 'test', file, origin });
}

function run(command: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const [file = '', ...args] = command;
  const options = { cwd: PROGRAMS, env: { ...process.env, ...env }, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(file, args, options);
  return { status, stdout, stderr };
}

/** The calls that are over, with the bytes that they have moved. */
function callsIn(records: readonly TraceRecord[]): string[] {
  const isOver = (record: TraceRecord): record is CallRecord =>
    record.type === 'call' && record.phase !== 'call';
  return records.filter(isOver).map(({ call, error, bytes }) => {
    const data = bytes ? ` ${bytes.n} at ${bytes.off}: ${bytes.b64}` : '';
    return `${call === 'send' ? 'sendall' : call}${data}${error ? ` ${error.code}` : ''}`;
  });
}

describe('A program that is watched', function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  itWith('python3', 'prints the same as without, also the tracebacks of its errors', () => {
    const file = path.join(freshFolder(), 'run.jsonl');
    const { command, env } = watch(file, 'python3', 'fails.py', 'one', 'two words');

    expect(run(command, env)).to.deep.equal(run(command));
    expect(callsIn(new RecordFile(file).read())).to.include('connect ECONNREFUSED');
  });

  itWith('python3', 'has the sitecustomize that it had', () => {
    const folder = freshFolder();
    writeFileSync(path.join(folder, 'sitecustomize.py'), 'print("mine")\n');
    const file = path.join(folder, 'run.jsonl');
    process.env['PYTHONPATH'] = folder;
    const { env } = watch(file, 'python3');
    delete process.env['PYTHONPATH'];
    const code =
      'import socket, sys; socket.socket(); print(sys.modules["sitecustomize"].__file__)';
    const { stdout } = run(['python3', '-c', code], env);

    expect(stdout).to.equal(`mine\n${path.join(folder, 'sitecustomize.py')}\n`);
    expect(callsIn(new RecordFile(file).read())).to.deep.equal(['socket']);
  });

  itWith('python3', 'may have its own socket.py, which gets in the way as usual', () => {
    const folder = freshFolder();
    writeFileSync(path.join(folder, 'socket.py'), 'import socket\nprint(socket.AF_INET)\n');
    const file = path.join(folder, 'run.jsonl');
    const script = path.join(folder, 'socket.py');
    const { env } = watch(file, 'python3', script);
    const watched = run(['python3', script], env);

    expect(watched).to.deep.equal(run(['python3', script]));
    expect(watched.stderr).to.contain('AttributeError');
  });

  itWith('strace', 'makes the calls that strace sees, with the same bytes', () => {
    const folder = freshFolder();
    const [file, seen] = [path.join(folder, 'run.jsonl'), path.join(folder, 'seen')];
    const { env } = watch(file, 'python3');
    const strace = 'strace -f -qq -yy -xx -ttt -T -s 256 -e trace=network,read,write,close -o';
    run([...strace.split(' '), seen, 'python3', 'both_sides.py'], env);
    const terms = { role: 'server', program: 'test', cwd: folder } as const;

    const inside = callsIn(new RecordFile(file).read());
    expect(inside).to.include('recv 6 at 0: b25lAHR3');
    expect(inside).to.deep.equal(callsIn(fromStrace(readFileSync(seen, 'latin1'), terms, 0)));
  });

  itWith('python3', 'goes on when its records can not be written', () => {
    const folder = freshFolder();
    const file = path.join(folder, 'a folder');
    mkdirSync(file);
    const { command, env } = watch(file, 'python3', 'both_sides.py');

    expect(run(command, env)).to.deep.equal(run(command));
  });

  itWith('mkfifo', 'can not make the reader hang, or show another file', () => {
    const folder = freshFolder();
    const [fifo, link, file] = ['fifo', 'link', 'file'].map((name) => path.join(folder, name));
    spawnSync('mkfifo', [fifo ?? '']);
    writeFileSync(file ?? '', `{"v":1,"type":"killed","t":1,"pid":2,"signal":"SIGKILL"}\n`);
    symlinkSync(file ?? '', link ?? '');
    const read = [fifo, link, file, folder].map((each) => new RecordFile(each ?? '').read().length);

    expect(read).to.deep.equal([0, 0, 1, 0]);
  });

  it('is read only up to a limit, even if it writes something else', () => {
    const file = path.join(freshFolder(), 'run.jsonl');
    writeFileSync(file, 'x'.repeat(20_000_000));
    const records = new RecordFile(file);

    expect(records.read()).to.deep.equal([]);
    expect(records.isFull).to.equal(true);
  });

  it('is read as it is written, whatever else stands there', () => {
    const file = path.join(freshFolder(), 'run.jsonl');
    const records = new RecordFile(file);
    const line = '{"v":1,"type":"killed","t":1,"pid":2,"signal":"SIGKILL"}';
    const counts = [records.read().length];
    for (const text of [`${line}\nhello\n{"v":9}\n${line.slice(0, 9)}`, `${line.slice(9)}\n`]) {
      writeFileSync(file, text, { flag: 'a' });
      counts.push(records.read().length);
    }

    expect(counts).to.deep.equal([0, 1, 2]);
  });
});
