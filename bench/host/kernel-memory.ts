import { readFileSync } from 'node:fs';

/**
 * Bytes that the kernel of this machine holds for its own objects and for what waits in TCP sockets. Whoever caused them:
 * a difference says something of a machine that does nothing else.
 */
export function kernelBytes(): number {
  return slabBytes(readFileSync('/proc/meminfo', 'utf8')) + socketBytes(readFileSync('/proc/net/sockstat', 'utf8'));
}

/** The text of /proc/meminfo: sockets, their files and inodes, what epoll knows of them. */
export function slabBytes(meminfo: string): number {
  const match = /^Slab:\s+(\d+) kB$/m.exec(meminfo);
  if (match === null) throw new Error('no Slab in /proc/meminfo');
  return Number(match[1]) * 1024;
}

const PAGE_BYTES = 4096;

/** The text of /proc/net/sockstat: buffers, in pages. */
export function socketBytes(sockstat: string): number {
  const match = /^TCP: .*\bmem (\d+)$/m.exec(sockstat);
  if (match === null) throw new Error('no TCP memory in /proc/net/sockstat');
  return Number(match[1]) * PAGE_BYTES;
}
