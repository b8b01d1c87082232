import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** Milliseconds to try whether the system allows something. */
const TRY_MS = 5000;
/** The limits in the sandbox: processes, bytes of memory, bytes of one file. */
const LIMITS = ['--nproc=512', '--data=4294967296', '--fsize=268435456', '--core=0'];
/** What Windows adds to the name of a command. */
const ENDINGS =
  process.platform === 'win32' ? ['', ...(process.env['PATHEXT'] ?? '.EXE').split(';')] : [''];
/** The user nobody, which has no rights. */
const NOBODY = 65_534;
const AS_NOBODY = [
  'setpriv',
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--no-new-privs',
];
/** Covers each folder before `--` with an empty one, and then runs the command after it. */
const COVER =
  'while [ "$1" != -- ]; do mount -t tmpfs -o size=64k none "$1" || exit 126; shift; done; shift; "$@"; exit $?';

/** The folders of the commands, of the lab, and of the copies. */
const NEEDED = [
  ...(process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.resolve(folder)),
  process.execPath,
  path.resolve(__dirname),
  tmpdir(),
];

const isRoot = process.getuid?.() === 0;
/** Another user becomes root of a new user namespace first. */
const USER = isRoot ? [] : ['--user', '--map-root-user'];
const NAMESPACE = [
  'unshare',
  ...USER,
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/** The limits on a program, as far as this system allows them; what is missing is reported. */
export class Cage {
  /** None at all. */
  static readonly OPEN = new Cage([], undefined, []);

  private constructor(
    /** The words in front of its command. */
    readonly prefix: readonly string[],
    /** The owner of its folders, if it runs as another user. */
    readonly user: number | undefined,
    /** The limits that are missing, as text. */
    readonly missing: readonly string[],
  ) {}

  /** The program ends with everything that it has started, even processes that left its session. */
  static closed(): Cage {
    return hasNamespaces()
      ? new Cage([...namespace(), 'sh', '-c', COVER, 'sh', '--'], undefined, [])
      : Cage.OPEN;
  }

  /**
   * The program also runs as another user, can't see these folders, and has limited memory and processes.
   * @param hidden folders that the program doesn't need.
   */
  static sandbox(hidden: readonly string[]): Cage {
    const missing: string[] = [];
    const limits = has('prlimit') ? ['prlimit', ...LIMITS] : [];
    if (limits.length === 0) missing.push('no limit on memory and processes (prlimit is missing)');
    const asNobody = works([...AS_NOBODY, 'true']);
    if (!asNobody)
      missing.push('it runs as your user: only root can start it as another user (with setpriv)');
    const seen = hidden.filter((folder) => NEEDED.some((needed) => isIn(needed, folder)));
    missing.push(...seen.map((folder) => `it sees ${folder}, which it needs to run`));
    const covered = hidden.filter(
      (folder) =>
        !seen.includes(folder) && !hidden.some((other) => other !== folder && isIn(folder, other)),
    );
    if (!hasNamespaces())
      missing.push('it sees other processes and all folders (unshare is not allowed here)');
    const outside = hasNamespaces()
      ? [...namespace(), 'sh', '-c', COVER, 'sh', ...covered, '--']
      : [];
    return new Cage(
      [...outside, ...(asNobody ? AS_NOBODY : []), ...limits],
      asNobody ? NOBODY : undefined,
      missing,
    );
  }
}

/**
 * The command that gives a program its own network, with only loopback; undefined where the system does not
 * allow that.
 */
export function networkOfItsOwn(): readonly string[] | undefined {
  const prefix = ['unshare', ...USER, '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  return works([...prefix, 'true']) ? prefix : undefined;
}

function isIn(file: string, folder: string): boolean {
  return `${file}${path.sep}`.startsWith(path.join(folder, path.sep));
}

let isAllowed: boolean | undefined;
let hasSetpriv: boolean | undefined;

function hasNamespaces(): boolean {
  isAllowed ??= works([...NAMESPACE, 'mount', '-t', 'tmpfs', 'none', tmpdir()]);
  return isAllowed;
}

/** With setpriv, the program ends with the kit, even if the kit is killed. */
function namespace(): readonly string[] {
  hasSetpriv ??= has('setpriv');
  return hasSetpriv ? ['setpriv', '--pdeathsig', 'KILL', ...NAMESPACE] : NAMESPACE;
}

function has(command: string): boolean {
  return works([command, '--version']);
}

function works([file = '', ...args]: readonly string[]): boolean {
  if (process.platform !== 'linux') return false;
  return spawnSync(file, args, { stdio: 'ignore', timeout: TRY_MS }).status === 0;
}

/** Whether a shell in this folder would find this command. */
export function isCommand(command: string, cwd: string): boolean {
  const isPath = command.includes('/') || command.includes(path.sep);
  const folders = isPath ? [''] : (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.some((folder) =>
    ENDINGS.some((ending) => isExecutable(path.resolve(cwd, folder, `${command}${ending}`))),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
