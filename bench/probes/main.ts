import { setTimeout as sleep } from 'node:timers/promises';
import { must } from '../../src/base/assert.ts';
import { seededRng } from '../../src/base/rng.ts';
import { nodeOf } from '../swarm/spread.ts';
import type { ProbesAnswer, ProbesOrder, ProbesPlan, ProbesReport } from './plan.ts';
import { nowMs, Probe } from './probe.ts';
import { durabilityOf, roomName } from './room-name.ts';
import { RoomStory } from './room-story.ts';

/** The probes' process, on the swarm's cores. */
const plan = JSON.parse(must(process.argv[2], 'the plan, as JSON')) as ProbesPlan;
const urls = plan.ports.map((port) => `ws://${plan.host}:${port}/ws`);
const stories = Array.from({ length: Math.ceil(plan.probes / plan.room) }, (_, room) => new RoomStory(roomName(room)));
const probes = Array.from({ length: plan.probes }, (_, number) => {
  const story = must(stories[Math.floor(number / plan.room)], 'story');
  return new Probe({ number, node: nodeOf(plan, number), urls, room: story.room }, story);
});

const TICK_MS = 2;
/** Longer than any take-over (NODE_TTL_MS) with the resending after it. */
const DONE_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 50;
/** Deliveries to the others of a room, after the sender had its own. */
const SETTLE_MS = 500;

let startedAtMs = 0;
let ticking: NodeJS.Timeout | null = null;

/** The first member of each room before all others: its node becomes the owner. */
async function join(): Promise<void> {
  const isFirst = (_: Probe, number: number) => number % plan.room === 0;
  await Promise.all(probes.filter(isFirst).map((probe) => probe.join()));
  await Promise.all(probes.filter((probe, number) => !isFirst(probe, number)).map((probe) => probe.join()));
}

/** An open model, as in the swarm: each at its times, whatever becomes of the messages. */
function send(): void {
  startedAtMs = nowMs();
  const rng = seededRng(1);
  const periodMs = 1000 / plan.rate;
  const due = probes.map(() => startedAtMs + rng.next() * periodMs);
  ticking = setInterval(() => {
    const now = nowMs();
    for (const [i, probe] of probes.entries()) {
      for (; (due[i] ?? now) < now; due[i] = (due[i] ?? now) + periodMs) probe.send();
    }
  }, TICK_MS);
}

async function end(crashedAtMs: number): Promise<ProbesReport> {
  if (ticking !== null) clearInterval(ticking);
  const endedAtMs = nowMs();
  while (probes.some(({ undone }) => undone > 0) && nowMs() < endedAtMs + DONE_WITHIN_MS) await sleep(LOOK_AGAIN_MS);
  await sleep(SETTLE_MS);
  const rooms = stories.map((story, room) => ({ ...story.judge(crashedAtMs), durability: durabilityOf(room) }));
  const lastSeq = new Map<RoomStory, number>();
  for (const { story, seq } of probes) lastSeq.set(story, Math.max(seq, lastSeq.get(story) ?? 0));
  return {
    rooms,
    probes: probes.map((probe, number) => ({
      node: probe.node,
      ownerDied: (rooms[Math.floor(number / plan.room)]?.epochs ?? 1) > 1,
      pauseBeforeMs: probe.longestPause(startedAtMs + SETTLE_MS, crashedAtMs),
      pauseMs: probe.longestPause(crashedAtMs, endedAtMs),
      isUpToDate: probe.seq === lastSeq.get(probe.story),
      holes: probe.holes,
    })),
  };
}

function answer(what: ProbesAnswer): void {
  process.send?.(what);
}

async function follow(order: ProbesOrder): Promise<void> {
  switch (order.do) {
    case 'join':
      await join();
      return answer({ is: 'joined' });
    case 'send':
      send();
      return answer({ is: 'sending' });
    case 'end':
      answer({ is: 'report', report: await end(order.crashedAtMs) });
      for (const probe of probes) probe.close();
  }
}

// A rejection ends the process, which the bench reports as a failed run.
process.on('message', (order: ProbesOrder) => void follow(order));
// The bench is gone: so is the reason to be here.
process.on('disconnect', () => process.exit());
