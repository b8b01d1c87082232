import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { commandOf } from '../lab/LabProgram';
import { toolName } from '../../src/text/startedAs';

/**
 * Makes the loopback network lose packets: with netem where the kernel has it, else with a rule of
 * nftables. `$0` is how many per cent.
 */
const LOSE = `
ip link set lo up || exit 3
tc qdisc add dev lo root netem loss "$0%" 2>/dev/null || nft -f - <<RULES || exit 3
table inet lossy {
  chain input {
    type filter hook input priority 0
    numgen random mod 100 < $0 drop
  }
}
RULES
exec "$@"`;
/** A separate network, and the right to change it; without root in a user namespace. */
const OWN_NETWORK = process.getuid?.() === 0 ? ['unshare', '-n'] : ['unshare', '-rn'];

/**
 * The same messages over UDP and over TCP, in a separate network that loses this percentage of all
 * packets.
 * @returns the exit code: 1 where this machine does not let us have such a network.
 */
export async function overLossyNetwork(count: number, percent: number): Promise<number> {
  const why = whyNotHere();
  if (why !== undefined) return refuse(why);
  const share = String(Math.round(percent));
  const program = [...commandOf('tools/udp/inLossyNetwork'), String(count), share];
  const [file = '', ...args] = [...OWN_NETWORK, 'sh', '-c', LOSE, share, ...program];
  const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 3) return refuse('neither tc (netem) nor nft can drop packets here');
  return code ?? 1;
}

function whyNotHere(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  const [file = '', ...args] = OWN_NETWORK;
  const { status, stderr, error } = spawnSync(file, [...args, 'true'], { encoding: 'utf8' });
  if (status === 0) return undefined;
  const reason = error ? 'there is no unshare' : stderr.trim();
  return `it needs the right to create a separate network: ${reason}`;
}

function refuse(why: string): number {
  console.error(`${toolName('udp')}: --netem can't be used here: ${why}`);
  console.error('Without --netem, a relay loses the datagrams; TCP has no relay.');
  return 1;
}
