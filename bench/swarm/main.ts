import { Worker } from 'node:worker_threads';
import { must } from '../../src/base/assert.ts';
import { type Sample, takeSample } from '../host/sample.ts';
import { type Buffered, fetchBuffered } from './buffered.ts';
import { Histogram } from './histogram.ts';
import type {
  HistogramPairs,
  SlowOrder,
  SlowReport,
  SlowSeed,
  SwarmOrder,
  SwarmPlan,
  SwarmReport,
  WindowPlan,
  WorkerOrder,
  WorkerReport,
  WorkerSeed,
} from './plan.ts';
import type { Outcome } from './slow-client.ts';
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

let slow: Worker | null = null;

const SAMPLE_MS = 250;
/** The drain is over when every delivery has come, none has for this long, or at the deadline. */
const QUIET_MS = 1500;
const DRAIN_MS = 30_000;
/** Between the order to load and the first message, so that all workers begin together. */
const START_DELAY_MS = 200;
/** From the begin of a window until readers stop. */
const STOP_AFTER_MS = 500;
/** Longer than a delivery takes where windows make sense. */
const SETTLE_MS = 500;

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

/** The sample at that time; those before it go into `all`. */
async function sampleUntil(untilMs: number, all: Sample[] = []): Promise<Sample> {
  while (performance.now() + SAMPLE_MS < untilMs) {
    await sleep(SAMPLE_MS);
    all.push(sample());
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
  if (plan.slow > 0 && slow === null) await startSlow();
  tell({ is: 'connected' });
}

async function startSlow(): Promise<void> {
  const workerData: SlowSeed = { plan, zeroHrUs };
  const thread = new Worker(new URL('./slow-worker.ts', import.meta.url), { workerData });
  thread.on('error', (error) => {
    throw error;
  });
  slow = thread;
  const isIn = await new Promise<boolean>((resolve) => {
    thread.once('message', (report: SlowReport) => resolve(report.is === 'slow-joined' && report.isIn));
    thread.postMessage({ do: 'join' } satisfies SlowOrder);
  });
  if (!isIn) tell({ is: 'fault', text: 'the readers that stop could not join' });
}

function inUs(ms: number): number {
  return Number(process.hrtime.bigint() / 1000n) - zeroHrUs + ms * 1000;
}

async function load(warmUpMs: number, measureMs: number): Promise<void> {
  const startUs = inUs(START_DELAY_MS);
  const fromUs = startUs + warmUpMs * 1000;
  const toUs = fromUs + measureMs * 1000;
  order({ do: 'window', fromUs, toUs });
  order({ do: 'load', startUs, warmUs: fromUs, endUs: toUs });
  const startMs = performance.now() + START_DELAY_MS;
  const from = await sampleUntil(startMs + warmUpMs);
  tell({ is: 'edge', edge: 'begin' });
  const to = await sampleUntil(startMs + warmUpMs + measureMs);
  tell({ is: 'edge', edge: 'end' });
  const end = await drained();
  tell({ is: 'loaded', from, to, end, ...(await mergedHistograms()) });
}

/** Answered as a load: the window ends with the last client's time, `end` is when all are in. */
async function storm(rate: number): Promise<void> {
  const measureMs = ((plan.clients - sumTallies(tallies).joined) / rate) * 1000;
  const fromUs = inUs(START_DELAY_MS);
  order({ do: 'window', fromUs, toUs: fromUs + measureMs * 1000 });
  order({ do: 'storm', fromUs, rate });
  const startMs = performance.now() + START_DELAY_MS;
  const from = await sampleUntil(startMs);
  tell({ is: 'edge', edge: 'begin' });
  const to = await sampleUntil(startMs + measureMs);
  tell({ is: 'edge', edge: 'end' });
  const end = await allIn();
  tell({ is: 'loaded', from, to, end, ...(await mergedHistograms()) });
}

/** Those who were told to connect have joined, or never will. */
async function allIn(): Promise<Sample> {
  for (const deadlineMs = performance.now() + DRAIN_MS; ; await sleep(SAMPLE_MS)) {
    const now = sample();
    if (now.tally.joined + now.tally.broken >= plan.clients || now.atMs > deadlineMs) return now;
  }
}

async function begin(warmUpMs: number): Promise<void> {
  const startUs = inUs(START_DELAY_MS);
  order({ do: 'load', startUs, warmUs: startUs + warmUpMs * 1000, endUs: Number.MAX_SAFE_INTEGER });
  await sampleUntil(performance.now() + START_DELAY_MS + warmUpMs);
  tell({ is: 'begun' });
}

async function window({ measureMs, stopped, stopMs }: WindowPlan): Promise<void> {
  const fromUs = inUs(START_DELAY_MS);
  order({ do: 'window', fromUs, toUs: fromUs + measureMs * 1000 });
  const startMs = performance.now() + START_DELAY_MS;
  const from = await sampleUntil(startMs);
  tell({ is: 'edge', edge: 'begin' });
  const samples = [from];
  let buffered: Buffered | null = null;
  if (slow !== null) {
    samples.push(await sampleUntil(startMs + STOP_AFTER_MS, samples));
    slow.postMessage({ do: 'stop', count: stopped } satisfies SlowOrder);
    samples.push(await sampleUntil(startMs + STOP_AFTER_MS + stopMs, samples));
    buffered = await fetchBuffered(plan.host, must(plan.ports[0], 'port'));
    slow.postMessage({ do: 'read-on' } satisfies SlowOrder);
  }
  const to = await sampleUntil(startMs + measureMs, samples);
  tell({ is: 'edge', edge: 'end' });
  samples.push(to);
  const outcomes = slow === null ? [] : await slowOutcomes(slow);
  // What was sent in the window and is still on its way counts.
  await sleep(SETTLE_MS);
  const residentMostBytes = Math.max(...samples.map(({ serverBytes }) => serverBytes));
  tell({ is: 'window', from, to, residentMostBytes, buffered, outcomes, ...(await mergedHistograms()) });
}

function slowOutcomes(thread: Worker): Promise<readonly (Outcome | null)[]> {
  return new Promise((resolve) => {
    thread.once('message', (report: SlowReport) => resolve(report.is === 'slow' ? report.outcomes : []));
    thread.postMessage({ do: 'report' } satisfies SlowOrder);
  });
}

async function end(): Promise<void> {
  order({ do: 'end', endUs: inUs(0) });
  tell({ is: 'ended', end: await drained() });
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
  switch (what.do) {
    case 'connect':
      void connectUpTo(what.upTo);
      return;
    case 'load':
      void load(what.warmUpMs, what.measureMs);
      return;
    case 'storm':
      void storm(what.rate);
      return;
    case 'begin':
      void begin(what.warmUpMs);
      return;
    case 'window':
      void window(what);
      return;
    case 'end':
      void end();
  }
});
// The bench is gone: so is the reason to be here.
process.on('disconnect', () => process.exit());
