/** nginx with the configuration that docs/scaling.md shows, for the tests and the benchmarks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

/** The ports in the configuration. */
export interface Ports {
  /** nginx's own, over TCP and UDP. */
  readonly front: number;
  /** Of the two servers over TCP, and of the two over UDP. */
  readonly tcp: readonly [number, number];
  readonly udp: readonly [number, number];
}

/** The configuration of docs/scaling.md, with other ports. */
export function configuration(docs: string, { front, tcp, udp }: Ports): string {
  const text = readFileSync(path.join(docs, 'scaling.md'), 'utf8');
  const block = /```nginx\n([^]*?)```/.exec(text)?.[1] ?? '';
  const given = [...tcp, ...udp];
  return block
    .replaceAll('127.0.0.1:6015', `127.0.0.1:${front}`)
    .replace(/127\.0\.0\.1:601[67]/g, () => `127.0.0.1:${given.shift()}`);
}

/** Starts nginx in a new folder; it is ready when its port can be connected to. */
export function startNginx(docs: string, folder: string, ports: Ports): ChildProcess {
  writeFileSync(path.join(folder, 'nginx.conf'), configuration(docs, ports));
  const options = 'daemon off; master_process off; pid nginx.pid;';
  const args = ['-p', `${folder}/`, '-c', 'nginx.conf', '-e', 'stderr', '-g', options];
  return spawn('nginx', args, { stdio: 'ignore' });
}
