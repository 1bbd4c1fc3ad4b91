import { performance } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { must } from '../../src/base/assert.ts';
import { seededRng } from '../../src/base/rng.ts';
import type { ClientPlace } from './client.ts';
import { reserveSeats } from './colyseus-seats.ts';
import { Connection } from './connection.ts';
import { Histogram } from './histogram.ts';
import { Meter } from './meter.ts';
import { newClient } from './new-client.ts';
import { membersOf, placesOf } from './place.ts';
import type { WorkerOrder, WorkerReport, WorkerSeed } from './plan.ts';
import { ReadArea } from './read-area.ts';
import { Schedule } from './schedule.ts';
import { sourceAddress } from './source-address.ts';
import { nodeOf } from './spread.ts';
import { Tally } from './tally.ts';

/**
 * One thread of the swarm. Under load it works in ticks: send what is due, read all sockets that have something, sleep
 * until the next tick. Sleeping outside of the event loop lets bytes gather at the sockets, so that reading costs less
 * than with a wake-up per chunk; the price is up to one tick of latency.
 */
const seed = workerData as WorkerSeed;
const { plan } = seed;
const port = must(parentPort, 'parentPort: this file runs as a worker');
const area = new ReadArea(performance.now() * 1000 - (Number(process.hrtime.bigint() / 1000n) - seed.zeroHrUs));
const tally = new Tally(seed.tally);
const latencyUs = new Histogram();
const lateUs = new Histogram();
const meter = new Meter(tally, latencyUs, area.bytes);
meter.zeroHrUs = seed.zeroHrUs;
const places = placesOf(plan, seed.worker);
const connections: Connection[] = [];
/** Of the first clients of this worker; none for a protocol without seats. */
const seats: string[] = [];
const asleep = new Int32Array(new SharedArrayBuffer(4));

/** Handshakes under way at once; below uWS's listen backlog of 512. */
const OPENING_MAX = 64;
/** Part of the warm-up in which the clients begin to send one after the other, so that no cold server starts behind. */
const RAMP_SHARE = 0.5;
/** A swarm that is behind goes on reading all the same, or it would look like a server that delivers nothing. */
const SENDS_IN_A_ROW_MAX = 100;
const FAULTS_TOLD_MAX = 5;
let faultsTold = 0;

function open(place: ClientPlace, dueUs: number | null = null): Connection {
  const client = newClient(plan.dialect, place, meter, seats[connections.length]);
  const endpoint = {
    host: plan.host,
    port: must(plan.ports[nodeOf(plan, place.client)], 'port'),
    localAddress: sourceAddress(place.client),
  };
  const onFault = (text: string): void => {
    if (faultsTold++ < FAULTS_TOLD_MAX) tell({ is: 'fault', text: `client ${place.client}: ${text}` });
  };
  return new Connection(client, endpoint, area, meter, onFault, dueUs);
}

async function connect(count: number): Promise<void> {
  if (plan.seats !== undefined) {
    const url = `http://${plan.host}:${must(plan.ports[0], 'port')}`;
    seats.push(...(await reserveSeats(url, plan.seats, places.slice(seats.length, count))));
  }
  connectUpTo(count);
}

function connectUpTo(count: number): void {
  const opening = connections.length - tally.get('joined') - tally.get('broken');
  for (let free = OPENING_MAX - opening; free > 0 && connections.length < count; free--) {
    connections.push(open(must(places[connections.length], 'place')));
  }
  if (connections.length < count) setTimeout(connectUpTo, 1, count);
}

/** The clients that are left, each at its time. The thread wakes for what comes, so that no step of a join waits for a tick. */
function storm(schedule: Schedule): void {
  for (let nowUs = clockUs(); schedule.dueUs <= nowUs; schedule.advance(), nowUs = clockUs()) {
    const place = places[connections.length];
    if (place === undefined) return;
    connections.push(open(place, schedule.dueUs));
    tally.add('sent');
    lateUs.record(nowUs - schedule.dueUs);
  }
  setTimeout(storm, 1, schedule);
}

/** Nothing is sent that is due from then on. */
let endUs = 0;

function load(startUs: number, warmUs: number): void {
  const periodUs = 1e6 / plan.rate;
  const rng = seededRng(1 + seed.worker);
  const phases = plan.rate === 0 ? [] : places.map(() => rng.next() * periodUs);
  const schedule = new Schedule(phases, periodUs, startUs);
  const rampUs = (warmUs - startUs) * RAMP_SHARE;
  const beginsUs = places.map(() => startUs + rng.next() * rampUs);
  const members = places.map(({ room }) => (room === null ? 0 : membersOf(plan, room)));

  function sendDue(fromUs: number): void {
    let nowUs = fromUs;
    for (let left = SENDS_IN_A_ROW_MAX; left > 0 && schedule.dueUs <= nowUs; left--, schedule.advance()) {
      const { dueUs, client } = schedule;
      const connection = must(connections[client], 'connection');
      if (dueUs >= endUs) return;
      if (connection.over || dueUs < (beginsUs[client] ?? 0)) continue;
      connection.send(dueUs);
      tally.add('sent');
      tally.add('due', members[client]);
      nowUs = clockUs();
      if (dueUs >= meter.windowFromUs && dueUs < meter.windowToUs) lateUs.record(nowUs - dueUs);
    }
  }

  meter.onChunk = sendDue;
  const tickUs = plan.tickMs * 1000;
  let nextTickUs = clockUs();
  function tick(): void {
    const restUs = nextTickUs - clockUs();
    if (restUs > 0) Atomics.wait(asleep, 0, 0, restUs / 1000);
    sendDue(clockUs());
    nextTickUs = Math.max(nextTickUs + tickUs, clockUs());
    setImmediate(tick);
  }
  tick();
}

function clockUs(): number {
  return performance.now() * 1000 - area.zeroUs;
}

function tell(report: WorkerReport): void {
  port.postMessage(report);
}

port.on('message', (order: WorkerOrder) => {
  switch (order.do) {
    case 'connect':
      // A rejection ends the thread, and with it the swarm.
      void connect(Math.min(places.length, Math.ceil(order.upTo / plan.workers)));
      return;
    case 'load':
      endUs = order.endUs;
      load(order.startUs, order.warmUs);
      return;
    case 'storm':
      storm(new Schedule([(seed.worker * 1e6) / order.rate], (plan.workers * 1e6) / order.rate, order.fromUs));
      return;
    case 'window':
      latencyUs.clear();
      lateUs.clear();
      meter.windowFromUs = order.fromUs;
      meter.windowToUs = order.toUs;
      return;
    case 'end':
      endUs = order.endUs;
      return;
    case 'report':
      tell({ is: 'histograms', latencyUs: latencyUs.pairs(), lateUs: lateUs.pairs() });
  }
});
