import { Worker } from 'node:worker_threads';
import { must } from '../../src/base/assert.ts';
import { type Sample, takeSample } from '../host/sample.ts';
import { Histogram } from './histogram.ts';
import type {
  HistogramPairs,
  SwarmOrder,
  SwarmPlan,
  SwarmReport,
  WorkerOrder,
  WorkerReport,
  WorkerSeed,
} from './plan.ts';
import { newTallyMemory, sumTallies, Tally } from './tally.ts';

/**
 * The swarm's process: starts the worker threads, tells them what to do, takes samples. Its own work is a few system
 * calls per second; it runs on the swarm's cores all the same, so that the server has its core to itself.
 */
const plan = JSON.parse(must(process.argv[2], 'the plan, as JSON')) as SwarmPlan;
const zeroHrUs = Number(process.hrtime.bigint() / 1000n);
const tallies: Tally[] = [];
const workers: Worker[] = [];
const histograms: ((report: WorkerReport & { is: 'histograms' }) => void)[] = [];

const SAMPLE_MS = 250;
/** The drain is over when every delivery has come, none has for this long, or at the deadline. */
const QUIET_MS = 1500;
const DRAIN_MS = 30_000;
/** Between the order to load and the first message, so that all workers begin together. */
const START_DELAY_MS = 200;

for (let worker = 0; worker < plan.workers; worker++) {
  const tally = newTallyMemory();
  tallies.push(new Tally(tally));
  const workerData: WorkerSeed = { plan, worker, tally, zeroHrUs };
  const thread = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
  thread.on('message', (report: WorkerReport) => {
    if (report.is === 'fault') tell(report);
    else histograms.shift()?.(report);
  });
  thread.on('error', (error) => {
    throw error;
  });
  workers.push(thread);
}

function order(what: WorkerOrder): void {
  for (const worker of workers) worker.postMessage(what);
}

function tell(report: SwarmReport): void {
  process.send?.(report);
}

function sample(): Sample {
  const taken = takeSample(tallies, plan.serverPids);
  tell({ is: 'sample', sample: taken });
  return taken;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function sampleUntil(untilMs: number): Promise<Sample> {
  while (performance.now() + SAMPLE_MS < untilMs) {
    await sleep(SAMPLE_MS);
    sample();
  }
  await sleep(Math.max(0, untilMs - performance.now()));
  return sample();
}

async function connectUpTo(clients: number): Promise<void> {
  order({ do: 'connect', upTo: clients });
  for (;;) {
    const { joined, broken } = sumTallies(tallies);
    sample();
    if (joined + broken >= clients) break;
    await sleep(SAMPLE_MS);
  }
  tell({ is: 'connected' });
}

async function load(warmUpMs: number, measureMs: number): Promise<void> {
  const nowUs = Number(process.hrtime.bigint() / 1000n) - zeroHrUs;
  const startUs = nowUs + START_DELAY_MS * 1000;
  const windowFromUs = startUs + warmUpMs * 1000;
  order({ do: 'load', startUs, windowFromUs, windowToUs: windowFromUs + measureMs * 1000 });
  const startMs = performance.now() + START_DELAY_MS;
  const from = await sampleUntil(startMs + warmUpMs);
  const to = await sampleUntil(startMs + warmUpMs + measureMs);
  const end = await drained();
  tell({ is: 'loaded', from, to, end, ...(await mergedHistograms()) });
}

async function drained(): Promise<Sample> {
  const deadlineMs = performance.now() + DRAIN_MS;
  for (let last = sample(), lastMs = last.atMs; ; ) {
    await sleep(SAMPLE_MS);
    const now = sample();
    if (now.tally.events > last.tally.events) lastMs = now.atMs;
    last = now;
    const complete = now.tally.events >= now.tally.due;
    if (complete || now.atMs - lastMs > QUIET_MS || now.atMs > deadlineMs) return now;
  }
}

async function mergedHistograms(): Promise<{ latencyUs: HistogramPairs; lateUs: HistogramPairs }> {
  const latency = new Histogram();
  const late = new Histogram();
  for (const worker of workers) {
    const report = await new Promise<WorkerReport & { is: 'histograms' }>((resolve) => {
      histograms.push(resolve);
      worker.postMessage({ do: 'report' } satisfies WorkerOrder);
    });
    latency.add(report.latencyUs);
    late.add(report.lateUs);
  }
  return { latencyUs: latency.pairs(), lateUs: late.pairs() };
}

// A rejection ends the process, which the bench reports as a failed run.
process.on('message', (what: SwarmOrder) => {
  if (what.do === 'connect') void connectUpTo(what.upTo);
  else void load(what.warmUpMs, what.measureMs);
});
// The bench is gone: so is the reason to be here.
process.on('disconnect', () => process.exit());
