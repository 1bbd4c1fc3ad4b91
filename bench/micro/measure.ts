import { PerformanceObserver } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { MicroCase } from './cases.ts';

export interface MicroPlan {
  readonly repetitions: number;
  /** Of each. */
  readonly ms: number;
}

/** One figure per repetition. */
export interface MicroResult {
  readonly name: string;
  readonly nsPerOp: readonly number[];
  /** On the JavaScript heap, garbage or not. */
  readonly heapBytesPerOp: readonly number[];
  /** In buffers beside it. */
  readonly bufferBytesPerOp: readonly number[];
}

const WARM_UP_MS = 300;
const OPS_MIN = 1000;
const OPS_MAX = 2_000_000;
/** Enough to drown what the measuring itself leaves (some kB), small enough to fit into the young generation. */
const BYTES_WANTED = 4 * 1024 * 1024;

export async function measure(one: MicroCase, plan: MicroPlan, collections: Collections): Promise<MicroResult> {
  const ops = opsFor(one, plan.ms);
  const nsPerOp = Array.from({ length: plan.repetitions }, () => (timed(one, ops) * 1e6) / ops);
  const memory: Allocated[] = [];
  while (memory.length < plan.repetitions) memory.push(await allocated(one, collections));
  return {
    name: one.name,
    nsPerOp,
    heapBytesPerOp: memory.map(({ heapBytes }) => heapBytes),
    bufferBytesPerOp: memory.map(({ bufferBytes }) => bufferBytes),
  };
}

/** Warms up, and answers how many operations take that long. */
function opsFor(one: MicroCase, ms: number): number {
  let ops = OPS_MIN;
  const untilMs = performance.now() + WARM_UP_MS;
  let tookMs = timed(one, ops);
  while (performance.now() < untilMs || tookMs < ms / 4) {
    if (tookMs < ms / 2) ops *= 2;
    tookMs = timed(one, ops);
  }
  return Math.max(OPS_MIN, Math.round((ops * ms) / tookMs));
}

function timed(one: MicroCase, ops: number): number {
  const startMs = performance.now();
  one.run(ops);
  return performance.now() - startMs;
}

interface Allocated {
  readonly heapBytes: number;
  readonly bufferBytes: number;
}

/**
 * Bytes per operation, exact: between two readings nothing was collected, so that all that was allocated is still
 * there. More operations as long as they fit into that.
 */
async function allocated(one: MicroCase, collections: Collections): Promise<Allocated> {
  let found: Allocated | null = null;
  for (let ops = OPS_MIN; ops <= OPS_MAX; ops *= 4) {
    await collections.collect();
    const before = process.memoryUsage();
    one.run(ops);
    const after = process.memoryUsage();
    if (await collections.happened()) break;
    const heapBytes = after.heapUsed - before.heapUsed;
    const bufferBytes = after.arrayBuffers - before.arrayBuffers;
    found = { heapBytes: heapBytes / ops, bufferBytes: bufferBytes / ops };
    if (heapBytes + bufferBytes > BYTES_WANTED) break;
  }
  if (found === null) throw new Error(`${one.name}: ${OPS_MIN} operations do not fit between two collections`);
  return found;
}

/** Forces garbage collections, and tells of those that V8 makes by itself. */
export class Collections {
  readonly #observer = new PerformanceObserver(() => {});

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  async collect(): Promise<void> {
    if (globalThis.gc === undefined) throw new Error('bytes are measured with node --expose-gc');
    globalThis.gc();
    await this.happened();
  }

  /** Whether there was one since it was asked last. Entries come a turn of the event loop later. */
  async happened(): Promise<boolean> {
    await turn();
    await turn();
    return this.#observer.takeRecords().length > 0;
  }
}
