/**
 * What the machine knows of processes: whether one that a file names is still the same one, and how to end it.
 *
 * A pid alone is no proof, as the kernel gives it out again. On Linux a process is known by its pid and start time;
 * where there is no /proc, by pid and command line.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Start in clock ticks since boot; null without /proc. */
  readonly startTicks: string | null;
  /** A part of its command line that tells it from others. */
  readonly mark: string;
}

export function identify(pid: number, mark: string): ProcessIdentity {
  return { pid, startTicks: stat(pid)?.startTicks ?? null, mark };
}

/** Whether this very process lives. */
export function lives(identity: ProcessIdentity): boolean {
  const now = stat(identity.pid);
  if (now !== null && identity.startTicks !== null) return now.startTicks === identity.startTicks && now.state !== 'Z';
  return commandLine(identity.pid).includes(identity.mark);
}

/**
 * Sends a signal to the process and its whole group (each part leads its own), or to what is left of the group when
 * the leader is gone, such as nginx workers. Does nothing when it is not ours.
 */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!lives(identity) && orphansOf(identity).length === 0) return;
  try {
    process.kill(-identity.pid, signal);
  } catch (cause) {
    if (!isGone(cause)) throw cause;
  }
}

/** Whether anything of its group lives. */
export function groupLives(identity: ProcessIdentity): boolean {
  return lives(identity) || orphansOf(identity).length > 0;
}

/**
 * Living members of a group whose leader is gone, or dead and not yet waited for. While they live the kernel gives
 * the group's number to nobody else.
 */
function orphansOf(identity: ProcessIdentity): number[] {
  const leader = stat(identity.pid);
  if (leader !== null && !(leader.state === 'Z' && leader.startTicks === identity.startTicks)) return [];
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const found = stat(pid);
      return found !== null && found.group === identity.pid && found.state !== 'Z';
    });
}

function isGone(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'ESRCH';
}

interface Stat {
  readonly state: string;
  readonly group: number;
  readonly startTicks: string;
}

/** See proc_pid_stat(5); the name in brackets may hold spaces and brackets itself. */
function stat(pid: number): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', group: Number(fields[2]), startTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}

/** Empty when there is no such process. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    // No such process, or a system without /proc.
  }
  if (process.platform === 'linux') return '';
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
