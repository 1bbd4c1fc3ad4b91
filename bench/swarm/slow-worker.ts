import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../src/base/assert.ts';
import type { SlowOrder, SlowReport, SlowSeed } from './plan.ts';
import type { Outcome } from './slow-client.ts';
import { SlowSocket } from './slow-socket.ts';

/** The thread of the readers that stop: megabytes that they read at once hold up nobody whose latency is taken. */
const { plan, zeroHrUs } = workerData as SlowSeed;
const port = must(parentPort, 'parentPort: this file runs as a worker');
const zeroUs = performance.now() * 1000 - (Number(process.hrtime.bigint() / 1000n) - zeroHrUs);
const sockets: SlowSocket[] = [];
let stopped: readonly SlowSocket[] = [];

const POLL_MS = 20;
/** A reader that is not back by then is stuck. */
const BACK_WITHIN_MS = 15_000;

async function until(isSo: () => boolean, withinMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + withinMs;
  while (!isSo() && performance.now() < deadlineMs) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return isSo();
}

async function join(): Promise<void> {
  const to = { host: plan.host, port: must(plan.ports[0], 'port'), localAddress: '127.0.0.1' };
  for (let i = 0; i < plan.slow; i++) {
    sockets.push(new SlowSocket(to, 'bench:0', () => performance.now() * 1000 - zeroUs));
  }
  const isIn = await until(() => sockets.every((socket) => socket.joined), BACK_WITHIN_MS);
  if (isIn) sockets[0]?.fill(plan.stateBytes);
  tell({ is: 'slow-joined', isIn });
}

async function report(): Promise<void> {
  await until(() => stopped.every(({ outcome }) => outcome !== null), BACK_WITHIN_MS);
  const outcomes: (Outcome | null)[] = stopped.map(({ outcome }) => outcome);
  for (const socket of stopped) socket.renew();
  stopped = [];
  await until(() => sockets.every(({ joined }) => joined), BACK_WITHIN_MS);
  tell({ is: 'slow', outcomes });
}

function tell(what: SlowReport): void {
  port.postMessage(what);
}

// A rejection ends the thread, and with it the swarm.
port.on('message', (order: SlowOrder) => {
  switch (order.do) {
    case 'join':
      void join();
      return;
    case 'stop':
      stopped = sockets.slice(0, order.count);
      for (const socket of stopped) socket.stop();
      return;
    case 'read-on':
      for (const socket of stopped) socket.readOn();
      return;
    case 'report':
      void report();
  }
});
