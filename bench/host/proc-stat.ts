import { readFileSync } from 'node:fs';

/**
 * CPU and memory as Linux accounts for them, read from outside, so that every server under test is measured the same
 * way and none has to do anything for it. Times are in seconds since the process or the machine started.
 */

/** _SC_CLK_TCK, the unit of /proc's times: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of all threads of a process, from the text of /proc/PID/stat. */
export function parseProcessCpu(stat: string): number {
  // The name, in parentheses, may hold anything; what follows the last one is regular, from field 3 on.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface CoreTimes {
  readonly core: number;
  readonly busy: number;
  readonly idle: number;
  /** What the hypervisor gave to others; part of neither. */
  readonly stolen: number;
}

/** Per core, from the text of /proc/stat. */
export function parseCores(stat: string): CoreTimes[] {
  const cores: CoreTimes[] = [];
  for (const line of stat.split('\n')) {
    const match = /^cpu(\d+) (.*)$/.exec(line);
    if (match === null) continue;
    const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, stolen = 0] = (match[2] ?? '')
      .split(' ')
      .map((ticks) => Number(ticks) / TICKS_PER_SECOND);
    const busy = user + nice + system + irq + softirq;
    cores.push({ core: Number(match[1]), busy, idle: idle + iowait, stolen });
  }
  return cores;
}

/** Bytes of memory that a process holds resident, from the text of /proc/PID/status. */
export function parseResidentBytes(status: string): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(status);
  if (match === null) throw new Error('no VmRSS in /proc/PID/status');
  return Number(match[1]) * 1024;
}

export function processCpu(pid: number): number {
  return parseProcessCpu(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

export function residentBytes(pid: number): number {
  return parseResidentBytes(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

export function coreTimes(): CoreTimes[] {
  return parseCores(readFileSync('/proc/stat', 'utf8'));
}
