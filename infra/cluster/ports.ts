/**
 * Free ports of this machine. Parts keep theirs over restarts, so they come from below the range that the kernel takes
 * for outgoing connections (from 32768): there, a client could sit on a node's port while the node is away.
 */
import { createServer } from 'node:net';

const LOWEST = 10_000;
const HIGHEST = 29_999;
/** Tries at a free port; on a machine so full that all fail, something else is wrong. */
const TRIES_MAX = 200;

/** Whether something could listen there now, on this machine's address or on all. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve(true)));
  });
}

/** `count` free ports. Random, so that clusters starting at the same time seldom reach for the same ones. */
export async function freePorts(count: number): Promise<number[]> {
  const found = new Set<number>();
  for (let tries = 0; found.size < count; tries++) {
    if (tries >= TRIES_MAX) throw new Error(`no ${count} free ports between ${LOWEST} and ${HIGHEST}`);
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (!found.has(port) && (await isFree(port))) found.add(port);
  }
  return [...found];
}

/** The first free port from `from` on. */
export async function nextFreePort(from: number): Promise<number> {
  for (let port = from; port < from + TRIES_MAX && port <= 65_535; port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port from ${from} on`);
}
