import 'reflect-metadata';
import { expect } from 'chai';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import fc from 'fast-check';
import fs from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { NumberedFileLogger } from '../../src/services/NumberedFileLogger';
import { LogTarget, RequestNotLogged } from '../../src/services/RequestLogger';
import { linkIfThere } from '../../tools/lab/procfs';
import { afterwards, cleanUp } from '../helpers/cleanUp';
import { FakeClock } from '../helpers/FakeClock';
import { openTimers } from '../helpers/openTimers';
import { rejection } from '../helpers/rejection';
import { setZone } from '../helpers/setZone';
import { temporaryFolder } from '../helpers/temporaryFolder';
import { itOnLinux } from '../helpers/itOnLinux';

const CLIENT = '127.0.0.1:53344';
const TIME = '2026-11-23T23:50:44.123+11:00';
const LINE = /^(\S+) (\S+) (".*")\n$/;

/** It does not wait long for the disk. */
class Impatient extends NumberedFileLogger {
  protected override readonly patienceMs = 20;
}

describe('NumberedFileLogger', () => {
  let folder: string;

  beforeEach(async () => {
    setZone('Australia/Sydney');
    folder = await temporaryFolder();
  });
  afterEach(cleanUp);

  async function openLogger(where = folder, Logger = NumberedFileLogger) {
    const logger = new Logger(new FakeClock(), new LogTarget(where));
    await logger.open();
    return logger;
  }

  const read = (number: number) => readFile(path.join(folder, `log${number}.txt`), 'utf8');

  /** The requests in the folder's files, by number; each file is one whole line. */
  async function requestsByNumber(): Promise<Map<number, string>> {
    const requests = new Map<number, string>();
    for (const name of await readdir(folder)) {
      const number = /^log(\d+)\.txt$/.exec(name)?.[1];
      expect(number, `a number in ${name}`).not.to.be.undefined;
      requests.set(Number(number), await readRequest(Number(number)));
    }
    return requests;
  }

  async function readRequest(number: number): Promise<string> {
    const line = await read(number);
    expect(line).to.match(LINE);
    return JSON.parse(LINE.exec(line)?.[3] ?? '') as string;
  }

  describe('numbers and names', () => {
    it('begins with log0.txt in an empty folder, a file for each request', async () => {
      const logger = await openLogger();

      await logger.log('What time is it?', CLIENT);
      await logger.log('', '[::1]:53344');

      expect(await readdir(folder)).to.have.members(['log0.txt', 'log1.txt']);
      expect(await read(0)).to.equal(`${TIME} ${CLIENT} "What time is it?"\n`);
      expect(await read(1)).to.equal(`${TIME} [::1]:53344 ""\n`);
    });

    it('creates only the folder before the first request', async () => {
      folder = path.join(folder, 'made', 'if', 'missing');

      await openLogger();

      expect(await readdir(folder)).to.deep.equal([]);
    });

    it('goes on after the highest number, not into gaps', async () => {
      for (const number of [0, 3, 11]) await writeFile(path.join(folder, `log${number}.txt`), 'x');

      await (await openLogger()).log('next', CLIENT);

      expect(await readRequest(12)).to.equal('next');
      expect(await readdir(folder)).to.have.lengthOf(4);
    });

    it('ignores files with other names', async () => {
      const others = [
        'log007.txt',
        'log8.txt.bak',
        'log-9.txt',
        'Log10.txt',
        'log11.TXT',
        'log12.txt~',
        'mylog13.txt',
        'log.txt',
        'log1e3.txt',
        'log٣.txt',
        'log14.txt\n',
      ];
      for (const name of others) await writeFile(path.join(folder, name), 'not ours');

      await (await openLogger()).log('first', CLIENT);

      expect(await readRequest(0)).to.equal('first');
      expect(await readdir(folder)).to.have.members([...others, 'log0.txt']);
      for (const name of others) {
        expect(await readFile(path.join(folder, name), 'utf8')).to.equal('not ours');
      }
    });

    it('uses no number again after it was opened again', async () => {
      await (await openLogger()).log('before', CLIENT);
      await (await openLogger()).log('after', CLIENT);

      expect([...(await requestsByNumber())]).to.have.deep.members([
        [0, 'before'],
        [1, 'after'],
      ]);
    });

    it('goes past a number that something else has, of any kind', async () => {
      const logger = await openLogger();
      await mkdir(path.join(folder, 'log0.txt'));
      await fs.promises.symlink('nowhere', path.join(folder, 'log1.txt'));

      await logger.log('past', CLIENT);

      expect(await readRequest(2)).to.equal('past');
      expect(await readdir(folder)).to.have.lengthOf(3);
    });
  });

  describe('many requests at the same time', () => {
    it('gives 200 calls their numbers in the order of the calls', async () => {
      const logger = await openLogger();
      const requests = Array.from({ length: 200 }, (_, index) => `request ${index}`);

      await Promise.all(requests.map((request) => logger.log(request, CLIENT)));

      const logged = await requestsByNumber();
      expect(requests.map((_, number) => logged.get(number))).to.deep.equal(requests);
      expect(logged.size).to.equal(200);
    });

    it('lets two loggers share a folder: nothing lost, and numbers that rise with time', async () => {
      const loggers = [await openLogger(), await openLogger()] as const;
      const logged: { request: string; begun: number; done: number }[] = [];
      let clock = 0;
      const logInTurn = async (logger: NumberedFileLogger, name: string) => {
        for (let index = 0; index < 40; index++) {
          const request = `${name} ${index}`;
          const begun = (clock += 1);
          await logger.log(request, CLIENT);
          logged.push({ request, begun, done: (clock += 1) });
        }
      };

      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          logInTurn(loggers[index % 2 === 0 ? 0 : 1], `${index}`),
        ),
      );

      const numbers = new Map(
        [...(await requestsByNumber())].map(([number, text]) => [text, number]),
      );
      expect(numbers.size).to.equal(320);
      for (const one of logged) {
        for (const later of logged.filter(({ begun }) => begun > one.done)) {
          const order = [numbers.get(one.request), numbers.get(later.request)] as [number, number];
          expect(order[0], `${one.request} before ${later.request}`).to.be.below(order[1]);
        }
      }
    });

    it('continues after another logger has used its next 100 numbers', async () => {
      const logger = await openLogger();
      const other = await openLogger();
      for (let count = 0; count < 100; count++) await other.log(`theirs ${count}`, CLIENT);

      await logger.log('mine', CLIENT);
      await logger.log('mine too', CLIENT);

      const logged = await requestsByNumber();
      expect(logged.get(100)).to.equal('mine');
      expect(logged.get(101)).to.equal('mine too');
      for (let count = 0; count < 100; count++) {
        expect(logged.get(count)).to.equal(`theirs ${count}`);
      }
    });
  });

  it('looks for the highest number again after another logger has used many of its next ones', async () => {
    const logger = await openLogger();
    const taken = [...Array.from({ length: 50 }, (_, number) => number), 7000];
    for (const number of taken) await writeFile(path.join(folder, `log${number}.txt`), '');

    await logger.log('after them all', CLIENT);

    expect(await readRequest(7001)).to.equal('after them all');
  });

  describe('what a request may contain', () => {
    it('may be anything: it becomes one line, and JSON gives it back', async () => {
      const logger = await openLogger();
      let next = 0;

      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary' }), async (request) => {
          await logger.log(request, CLIENT);

          expect(await readRequest(next++)).to.equal(request);
        }),
        {
          numRuns: 50,
          examples: [
            [`forged\n${TIME} ${CLIENT} "forged"\n`],
            ['\r\n"quotes" \'and\' \\backslashes\\'],
            ['\u001b[2J\u0000\u007f\u0085\u009b\u2028\u2029\u202e'],
            ['half a character: \ud83d, and the other half: \ude00'],
            ['x'.repeat(1024)],
          ],
        },
      );
    });

    it('has every control character escaped', async () => {
      const logger = await openLogger();
      const codes = Array.from({ length: 0xa0 }, (_, code) => code);

      await logger.log(String.fromCharCode(...codes, 0x2028, 0x2029), CLIENT);

      expect(await read(0)).to.match(/^[ -~]+\n$/);
    });
  });

  describe('when it can not log', () => {
    async function openingFails(where: string): Promise<RequestNotLogged> {
      const error = await rejection(openLogger(where));
      expect(error).to.be.instanceOf(RequestNotLogged);
      return error as RequestNotLogged;
    }

    it('refuses to open a folder that is a file, and says so', async () => {
      const file = path.join(folder, 'file');
      await writeFile(file, 'kept');

      const { message } = await openingFails(file);

      expect(message).to.equal(`log folder ${file}: it is not a folder`);
      expect(await readFile(file, 'utf8')).to.equal('kept');
    });

    it('refuses to open a folder below a file, and says so', async () => {
      const below = path.join(folder, 'file', 'logs');
      await writeFile(path.join(folder, 'file'), '');

      const { message, code } = await openingFails(below);

      expect(message).to.include(below).and.to.include('not a folder');
      expect(code).to.equal('ENOTDIR');
    });

    it("refuses to open a folder whose numbers can't continue", async () => {
      await writeFile(path.join(folder, `log${Number.MAX_SAFE_INTEGER}.txt`), '');

      const { message, code } = await openingFails(folder);

      expect(message).to.include('its highest number is too high to continue');
      expect(code).to.equal('ERANGE');
    });

    it('goes on to the highest number of 16 digits that there can be', async () => {
      await writeFile(path.join(folder, 'log1000000000000000.txt'), '');

      await (await openLogger()).log('next', CLIENT);

      expect(await readdir(folder)).to.include('log1000000000000001.txt');
    });

    it('refuses to open a link that leads nowhere, and says so', async () => {
      const link = path.join(folder, 'link');
      await fs.promises.symlink('nowhere', link);

      const { message } = await openingFails(link);

      expect(message).to.include('it is a link that leads nowhere');
    });

    itOnLinux('/proc', 'refuses to open a folder in /proc, where none can be made', async () => {
      const { message } = await openingFails('/proc/no/such/folder');

      expect(message).to.include("it can't be created there");
    });

    it('refuses to open a folder below one that has been deleted, and says so', async () => {
      const here = process.cwd();
      process.chdir(folder);
      afterwards(() => {
        process.chdir(here);
      });
      await rm(folder, { recursive: true });

      const { message } = await openingFails('logs');

      expect(message).to.equal('log folder logs: the folder that you are in has been deleted');
    });

    it('gives up a request when the disk does not answer, and goes on when it does', async () => {
      const logger = new Impatient(new FakeClock(), new LogTarget(folder));
      await logger.open();
      let answer: () => void = () => undefined;
      const answering = new Promise<void>((resolve) => (answer = resolve));
      writeAs(async (file, line) => {
        await answering;
        return writeBytes(file, line);
      });

      const errors = [
        await rejection(logger.log('slow', CLIENT)),
        await rejection(logger.log('immediately, since one hangs already', CLIENT)),
      ];
      const before = await readdir(folder);
      answer();
      let error: unknown = errors[0];
      while (error) {
        await new Promise((resolve) => setImmediate(resolve));
        error = await rejection(logger.log('kept', CLIENT));
      }

      for (const failed of errors) {
        expect(failed).to.include({ code: 'ETIMEDOUT', reply: 'request could not be logged' });
        expect(failed).to.have.property('message').that.includes('the disk does not answer');
      }
      expect(before, 'the second request made no file').to.deep.equal(['log0.txt']);
      // On a slow machine more than one is given up, and written all the same.
      const logged = [...(await requestsByNumber()).values()];
      expect(logged.slice(0, 2)).to.deep.equal(['slow', 'kept']);
      expect(new Set(logged).size).to.equal(2);
    });

    it('leaves no timer behind, and keeps the error of the system as its cause', async () => {
      await new Promise(setImmediate); // from here on mocha's own timer runs
      const timers = openTimers();
      const logger = await openLogger();
      await logger.log('zero', CLIENT);
      await rm(folder, { recursive: true });

      const error = await rejection(logger.log('one', CLIENT));

      expect(error).to.have.property('cause').that.includes({ code: 'ENOENT' });
      expect(openTimers()).to.equal(timers);
    });

    itOnLinux('/proc', 'leaves no file open, whether it could be written or not', async () => {
      const logger = await openLogger();
      const openInFolder = () =>
        fs
          .readdirSync('/proc/self/fd')
          .filter((fd) => linkIfThere(`/proc/self/fd/${fd}`).startsWith(folder));
      await logger.log('zero', CLIENT);
      expect(openInFolder()).to.deep.equal([]);

      writeAs(() => Promise.reject(new Error('no')));
      await rejection(logger.log('one', CLIENT));
      expect(openInFolder()).to.deep.equal([]);
    });

    it('tells a trace of each file, once it is written', async () => {
      const logger = await openLogger();
      await logger.log('nobody hears it', CLIENT);
      const heard: unknown[] = [];
      const hear = (message: unknown) => heard.push(message);
      subscribe('lab3:logged', hear);
      afterwards(() => unsubscribe('lab3:logged', hear));

      await logger.log('heard', CLIENT);

      expect(heard).to.deep.equal([{ file: 'log1.txt', line: await read(1), client: CLIENT }]);
    });

    it('reports that the folder is gone, and goes on when it is back', async () => {
      const logger = await openLogger();
      await logger.log('zero', CLIENT);
      await logger.log('one', CLIENT);
      await rm(folder, { recursive: true });

      const errors = await Promise.all([
        rejection(logger.log('lost', CLIENT)),
        rejection(logger.log('lost too', CLIENT)),
      ]);
      await mkdir(folder);
      await logger.log('back', CLIENT);
      await logger.log('and on', CLIENT);

      for (const error of errors) {
        expect(error).to.be.instanceOf(RequestNotLogged).with.property('name', 'RequestNotLogged');
        expect(error).to.include({ code: 'ENOENT', reply: 'request could not be logged' });
        expect((error as Error).message)
          .to.include(folder)
          .and.to.include('no longer there');
      }
      const logged = await requestsByNumber();
      expect([...logged.values()]).to.have.members(['back', 'and on']);
      expect([...logged.keys()].filter((number) => number < 2)).to.deep.equal([]);
    });

    /** From now on, until the test is over, writing goes as `write` says. */
    function writeAs(write: (file: number, line: Buffer) => Promise<number>): void {
      const original = fs.write;
      afterwards(() => (fs.write = original));
      const faulty = (
        file: number,
        line: Buffer,
        done: (error: unknown, written?: number) => void,
      ) => {
        write(file, line).then((written) => {
          done(null, written);
        }, done);
      };
      (fs as { write: unknown }).write = faulty;
    }

    const noSpace = () => Object.assign(new Error('no space left'), { code: 'ENOSPC' });

    for (const [what, half] of [
      ['no room at all', () => Promise.reject(noSpace())],
      ['room for half a line', (file, line) => writeBytes(file, line.subarray(0, 20))],
      [
        'no room after half a line',
        (file, line) => {
          return writeBytes(file, line.subarray(0, 20)).then(() => Promise.reject(noSpace()));
        },
      ],
    ] as [string, (file: number, line: Buffer) => Promise<number>][]) {
      it(`leaves no file behind on a disk with ${what}, and goes on when there is`, async () => {
        let full = true;
        const logger = await openLogger();
        writeAs((file, line) => (full ? half(file, line) : writeBytes(file, line)));

        const error = await rejection(logger.log('lost', CLIENT));
        const left = await readdir(folder);
        full = false;
        await logger.log('kept', CLIENT);

        expect(error).to.be.instanceOf(RequestNotLogged);
        expect(error).to.include({ code: 'ENOSPC', reply: 'request could not be logged' });
        expect((error as Error).message).to.include('the disk is full');
        expect(left).to.deep.equal([]);
        expect([...(await requestsByNumber()).values()]).to.deep.equal(['kept']);
      });
    }
  });
});

const { write } = fs;
const writeBytes = async (file: number, bytes: Buffer): Promise<number> => {
  return (await promisify(write)(file, bytes)).bytesWritten;
};
