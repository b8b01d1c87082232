import { randomUUID } from 'node:crypto';
import * as http from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../../src/text/errno';
import { recordLine } from '../../src/trace/record';
import type { Odds } from '../udp/LossyRelay';
import type { Mode, Orders, Percents, State } from '../page/browser/protocol';
import { moduleOf } from '../page/html';
import { LIVE_MODULES, livePage } from './html';
import { keptSecret } from './keptSecret';
import { Lessons } from './Lessons';
import { Listener } from './Listener';
import { type Own, Refusal, RunningLab } from './RunningLab';
import { toolName } from '../../src/text/startedAs';

const HOST = '127.0.0.1';
const MOST_BODY = 4096;
const MOST_MESSAGE = 1000;

const NO_ODDS: Percents = { loss: 0, duplicate: 0, reorder: 0, seed: 1 };

/** An order as it came: its fields may have any value. */
type Unchecked<Order> = Partial<Record<keyof Order, unknown>>;

/**
 * Serves the page and its orders, only on this machine and only to the page itself. Other users of this
 * machine can connect, too, so every path begins with a secret, which is in the printed address: without it
 * the server sends nothing and does nothing. The secret stays the same, so that an open page works again
 * after a new start.
 */
export class LiveServer {
  readonly lab: RunningLab;
  readonly #lessons: Lessons;
  readonly #secret = keptSecret();
  readonly #server = http.createServer((request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      fail(response, 500, error instanceof Error ? error.message : String(error));
    });
  });
  readonly #listeners = new Set<Listener>();
  readonly #orders: {
    readonly [Name in keyof Orders]: (order: Unchecked<Orders[Name]>) => Promise<void> | void;
  } = {
    start: ({ lab, mode, odds }) => {
      this.#lessons.forget();
      return this.lab.start({ lab: String(lab), mode: modeOf(mode) }, oddsOf(odds));
    },
    stop: () => {
      this.#lessons.forget();
      return this.lab.stop();
    },
    lesson: ({ id, run, mode }) => this.#lessons.begin(String(id), Number(run), modeOf(mode)),
    second: async () => {
      await this.lab.second();
    },
    step: ({ id }) => {
      this.lab.step(typeof id === 'number' ? id : undefined);
    },
    kill: () => {
      this.lab.kill();
    },
    client: async ({ lab = this.lab.state.lab, mode = this.lab.state.mode, message, count }) => {
      const wanted = { lab: String(lab), mode: modeOf(mode) };
      const text = messageOf(message);
      await this.lab.clients(wanted, count === 3 ? [text, text, text] : [text]);
    },
    lose: ({ direction, number }) => {
      this.lab.lose(direction === 'back' ? 'back' : 'there', Number(number));
    },
  };

  /**
   * @param own the student's programs, if the command line has named some.
   * @param outside another address of this page, if a service forwards its port.
   */
  constructor(
    own?: Own,
    private readonly outside?: URL,
  ) {
    this.lab = new RunningLab(own);
    this.#lessons = new Lessons(this.lab);
    this.lab.records.on('added', () => {
      for (const listener of this.#listeners) listener.wake();
    });
    this.lab.on('said', (text) => {
      for (const listener of this.#listeners) listener.said(text);
    });
    this.lab.on('state', () => {
      for (const listener of this.#listeners) listener.stateChanged();
    });
  }

  /** Returns the page's URL. */
  async start(port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, HOST, resolve);
    });
    return `${this.outside?.origin ?? `http://${HOST}:${this.#port}`}/${this.#secret}/`;
  }

  async stop(): Promise<void> {
    this.#lessons.forget();
    for (const listener of this.#listeners) listener.end();
    this.#server.closeAllConnections();
    this.#server.close();
    await this.lab.stop();
  }

  get #port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  async #answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const why = this.#whyNot(request);
    if (why !== undefined) {
      fail(response, 403, why);
      return;
    }
    const { pathname } = new URL(request.url ?? '/', `http://${HOST}`);
    const name = pathname.slice(`/${this.#secret}/`.length);
    if (request.method === 'POST') {
      await this.#obey(name, request, response);
      return;
    }
    const module = /^js\/([\w/]+)\.js$/.exec(name)?.[1] ?? '';
    if (request.method !== 'GET') fail(response, 405, 'GET or POST');
    else if (name === '') this.#page(response);
    else if (name === 'events') await this.#events(response);
    else if (name === 'trace.jsonl') await this.#trace(response);
    else if (LIVE_MODULES.includes(module)) send(response, 'text/javascript', moduleOf(module));
    else fail(response, 404, 'there is no such page');
  }

  /** DNS rebinding shows in Host, another page in Origin, and another user has no secret. */
  #whyNot({ headers, method, url = '' }: http.IncomingMessage): string | undefined {
    const hosts = [`${HOST}:${this.#port}`, `localhost:${this.#port}`];
    const origins = hosts.map((host) => `http://${host}`);
    if (this.outside) {
      hosts.push(this.outside.host);
      origins.push(this.outside.origin);
    }
    if (!hosts.includes(headers.host ?? '')) return 'this host is not served';
    const { origin } = headers;
    if (origin !== undefined && !origins.includes(origin)) return 'only its own page may ask';
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      return 'only its own page may ask';
    if (!url.startsWith(`/${this.#secret}/`))
      return `the page is at the address that ${toolName('live')} has printed, and only there`;
    if (method === 'POST' && headers['content-type'] !== 'application/json')
      return 'only JSON is accepted';
    return undefined;
  }

  #page(response: http.ServerResponse): void {
    const nonce = randomUUID();
    const policy = `default-src 'none'; script-src 'self' 'nonce-${nonce}'; style-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
    response.setHeader('Content-Security-Policy', policy);
    send(response, 'text/html', livePage(nonce, this.lab.own));
  }

  /** What `npm run trace -- show` draws, and the page opens again. */
  async #trace(response: http.ServerResponse): Promise<void> {
    head(response, 'application/jsonl');
    const { all, sources } = this.lab.records;
    const records = [...all, ...sources];
    // As fast as it is read.
    await pipeline(Readable.from(records).map(recordLine), response).catch(() => undefined);
  }

  async #events(response: http.ServerResponse): Promise<void> {
    const listener = new Listener(response, this.lab.records, () => this.#state);
    this.#listeners.add(listener);
    await listener.tell();
    this.#listeners.delete(listener);
  }

  get #state(): State {
    return { ...this.lab.state, lesson: this.#lessons.state };
  }

  #isOrder(name: string): name is keyof Orders {
    return Object.hasOwn(this.#orders, name);
  }

  async #obey(
    name: string,
    request: http.IncomingMessage,
    response: http.ServerResponse,
  ): Promise<void> {
    try {
      const order = await orderIn(request);
      if (!this.#isOrder(name)) throw new Refusal('there is no such order');
      await this.#orders[name](order);
      send(response, 'application/json', '{}');
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      fail(response, 400, error.message);
    }
  }
}

async function orderIn(request: http.IncomingMessage): Promise<object> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const data of request as AsyncIterable<Buffer>) {
    parts.push(data);
    length += data.length;
    if (length > MOST_BODY) throw new Refusal('that is too long');
  }
  try {
    const order: unknown = JSON.parse(Buffer.concat(parts).toString());
    if (typeof order === 'object' && order !== null) return order;
  } catch {
    // said below
  }
  throw new Refusal('that is not JSON');
}

function modeOf(mode: unknown): Mode {
  return mode === 'step' ? 'step' : 'live';
}

function messageOf(message: unknown): string {
  if (typeof message !== 'string' || message.length > MOST_MESSAGE || /[\r\n\0]/.test(message))
    throw new Refusal(`a message is one line of at most ${MOST_MESSAGE} characters`);
  return message;
}

/** The settings of the relay between UDP programs, in per cent; other labs don't need them. */
function oddsOf(given: unknown): Odds {
  const { loss, duplicate, reorder, seed } = { ...NO_ODDS, ...(given as Partial<Percents>) };
  const shares = [loss, duplicate, reorder];
  const isGood = shares.every((share) => typeof share === 'number' && share >= 0 && share <= 100);
  if (!isGood) throw new Refusal("the relay's settings are in per cent, each at most 100");
  if (!Number.isInteger(seed)) throw new Refusal('a seed is a whole number');
  // What is lost can't come twice: the others have what is left.
  const twice = Math.min(duplicate, 100 - loss);
  const overtaken = Math.min(reorder, 100 - loss - twice);
  return { loss: loss / 100, duplicate: twice / 100, reorder: overtaken / 100, seed };
}

function head(response: http.ServerResponse, type: string): void {
  response.setHeader('Content-Type', `${type}; charset=utf-8`);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
}

function send(response: http.ServerResponse, type: string, body: string): void {
  head(response, type);
  response.end(body);
}

function fail(response: http.ServerResponse, status: number, why: string): void {
  if (response.headersSent) {
    response.end();
    return;
  }
  response.statusCode = status;
  send(response, 'application/json', JSON.stringify({ why }));
}

/** Why a port isn't available. */
export function whyNotStarted(error: unknown, port: number): string {
  if (codeOf(error) === 'EADDRINUSE') return `port ${port} is already in use: try --port 0`;
  return error instanceof Error ? error.message : String(error);
}
