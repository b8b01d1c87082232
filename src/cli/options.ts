import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { startOf } from '../text/startedAs';
import { err, out } from './Output';

/** The times that fit into one of Node's timers, in s. */
const SHORTEST_S = 0.001;
const LONGEST_S = 2_147_483;

/** A command line with the options of all programs. The program's file is in `folder`. */
export function createCommand(name: string, description: string, folder = 'src'): Command {
  return new Command()
    .name(startOf(name, folder))
    .description(description)
    .version(labVersion())
    .configureOutput({
      writeOut: (text) => {
        out.write(text);
      },
      writeErr: (text) => {
        err.write(text);
      },
      outputError: (text, write) => {
        write(`${name}: ${withoutPasswords(text.replace('error: ', ''))}`);
      },
    })
    .showHelpAfterError(
      'Try: --help for all options. Put a text of several words in quotes,\n' +
        '     and -- before one that begins with a dash.',
    )
    .addHelpText('after', '\nLAB_DEBUG=1 before the command shows where an error came from.')
    .exitOverride();
}

/** The version of the project. */
export function labVersion(): string {
  const root = path.join(__dirname, __filename.endsWith('.js') ? '../../..' : '../..');
  const file = readFileSync(path.join(root, 'package.json'), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** A URL may contain a password, even an invalid URL. */
function withoutPasswords(text: string): string {
  return text.replace(/:[^:@'\s]*@/g, ':...@');
}

/** Reads the command line. After --help, and after a mistake, it ends the program. */
export function parseOrExit(command: Command): Command {
  try {
    return command.parse();
  } catch (error) {
    if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? undefined : 2);
    throw error;
  }
}

/** A port to bind: 0 means any free one. */
export function bindablePort(text: string): number {
  return wholeNumber(text, 0, 65535, 'a port is a whole number from 0 to 65535');
}

/** A port to connect to. */
export function connectablePort(text: string): number {
  return wholeNumber(text, 1, 65535, 'the port of a server is a whole number from 1 to 65535');
}

/** A text argument on the command line of a program. */
export interface Argument {
  readonly name: string;
  readonly description: string;
  readonly default: string;
  /** Throws when the program can't send it. */
  readonly parse: (text: string) => string;
}

/** The question: one line, because the server would read several lines as several questions. */
export function question(usual: string): Argument {
  return { name: 'question', description: 'what to ask', default: usual, parse: oneLine };
}

function oneLine(text: string): string {
  if (!/[\r\n]/.test(text)) return utf8(text);
  throw new InvalidArgumentError('it must be one line.');
}

/** The message: without a byte there is nothing to echo. */
export function message(usual: string): Argument {
  return { name: 'message', description: 'what to send', default: usual, parse: notNothing };
}

function notNothing(text: string): string {
  if (text !== '') return utf8(text);
  throw new InvalidArgumentError('there is nothing to send.');
}

/** The message over UDP, where even an empty datagram is a message. */
export function datagramMessage(usual: string): Argument {
  const description =
    'what to send, in one datagram of at most 65,507 bytes, on macOS 9,216 (over Ethernet more than 1,472 travel in fragments)';
  return { name: 'message', description, default: usual, parse: utf8 };
}

/** A text. Input that is not UTF-8 would be changed on the way, so it is refused. */
function utf8(text: string): string {
  if (!text.includes('\ufffd')) return text;
  throw new InvalidArgumentError('it is not UTF-8: check the settings of your terminal.');
}

/** A limit: a whole number from 1. */
export function count(text: string): number {
  return wholeNumberFrom(1, 1_000_000)(text);
}

/** A host; an IPv6 address may be in brackets, as it is written in front of a port. */
export function hostName(text: string): string {
  return notEmpty(text.replace(/^\[(.*)\]$/, '$1'));
}

/** A text that is not empty. */
export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('it must not be empty.');
}

/** The URL of a Redis. Anyone who can read it can read the password in it. */
export function redisUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && ['redis:', 'rediss:'].includes(url.protocol) && url.hostname !== '') return text;
  throw new InvalidArgumentError('it is redis://HOST:PORT, or rediss:// for TLS.');
}

/** A time in seconds, or 0 for "immediately". */
export function secondsOrNone(text: string): number {
  return isDecimal(text) && Number(text) === 0 ? 0 : seconds(text);
}

/** A time in seconds, within the limits of a timer. */
export function seconds(text: string): number {
  const value = isDecimal(text) ? Number(text) : NaN;
  if (value >= SHORTEST_S && value <= LONGEST_S) return value;
  throw new InvalidArgumentError(`a number of seconds, from ${SHORTEST_S} to ${LONGEST_S}.`);
}

function isDecimal(text: string): boolean {
  return /^\d+(\.\d+)?$/.test(text);
}

/**
 * A file or folder, relative to where npm was called: `npm --prefix LAB run check` works in your own folder.
 */
export function fromHere(file: string): string {
  return path.resolve(process.env['INIT_CWD'] ?? process.cwd(), file);
}

/** A whole number within these limits. */
export function wholeNumberFrom(least: number, most: number): (text: string) => number {
  return (text) =>
    wholeNumber(text, least, most, `it must be a whole number from ${least} to ${most}`);
}

function wholeNumber(text: string, least: number, most: number, rule: string): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new InvalidArgumentError(`${rule}.`);
}
