import { isRecord, type Result } from './read-results.ts';
import type { Costs } from './scaling-model.ts';

/** One measured cost: where it stands in the results, and by which option it can be given instead. */
export interface CostInput {
  readonly cost: keyof Costs;
  readonly option: string;
  readonly about: string;
  readonly unit: string;
  /** The scenario that measures it. */
  readonly scenario: string;
  /** What one unit is in that of the model. */
  readonly times: number;
  /** From its results, in the unit of the option; null where they don't have it. */
  read(content: Row): Reading | null;
}

interface Reading {
  readonly value: number;
  readonly valid: boolean;
}

export interface Found extends Reading {
  readonly input: CostInput;
  /** In words, for the table. */
  readonly source: string;
}

type Row = Readonly<Record<string, unknown>>;

const NS_PER_US = 1000;

export const COST_INPUTS: readonly CostInput[] = [
  scaleInput('eventNs', 'event-ns', 'node CPU per event', 'ns', ({ one }) => one.nodeNs),
  scaleInput('relayNs', 'relay-ns', '  more, in rooms on 2 nodes', 'ns', ({ all, each }) => all.nodeNs - each.nodeNs),
  scaleInput(
    'packetsPerEvent',
    'packets',
    '  packets per event there',
    '',
    ({ all, each }) => all.packets - each.packets,
  ),
  scaleInput('redisPacketNs', 'packet-us', 'Redis CPU per packet', 'µs', redisPacketUs, NS_PER_US),
  scaleInput('eventsPerFrame', 'batch', 'events per frame to a client', '', ({ one, room }) => 1 / (one.frames * room)),
  beatInput('nodeBeatNs', 'node-beat-us', 'node CPU per heartbeat, both ends', 'nodeUs'),
  beatInput('redisBeatNs', 'redis-beat-us', 'Redis CPU per heartbeat', 'redisUs'),
  idleInput('clientBytes', 'client-bytes', 'node memory per client', (row) => number(row, 'perClient')),
  // Both ends of a connection are on the machine that measures.
  idleInput(
    'kernelClientBytes',
    'kernel-bytes',
    'kernel memory per client',
    (row) => number(row, 'kernelPerClient') / 2,
  ),
  snapshotsInput('redisCommitNs', 'commit-us', 'Redis CPU per snapshot', 'µs', redisCommitUs, NS_PER_US),
  snapshotsInput('commitsPerRoomSecond', 'commits', 'snapshots per room-second', '', ({ snapshot, none, rooms }) => {
    return (snapshot.calls - none.calls) / rooms;
  }),
  {
    cost: 'emptyNodeBytes',
    option: 'empty-mb',
    about: 'memory of a node without clients',
    unit: 'MB',
    scenario: 'idle',
    times: 1e6,
    read: (content) =>
      reading(rowOf(content, 'runs', { server: 'Roomcast' }), (row) => number(row, 'emptyBytes') / 1e6),
  },
  {
    cost: 'nginxNs',
    option: 'nginx-ns',
    about: 'nginx CPU per event',
    unit: 'ns',
    scenario: 'latency',
    times: 1,
    read: (content) =>
      reading(rowOf(content, 'medians', { path: 'one node, nginx', share: 0.5 }), (row) => number(row, 'nginxNs')),
  },
];

/** Given, or from the newest result that has it; one whose runs count goes first. Null where there is neither. */
export function findCost(input: CostInput, results: readonly Result[], given: number): Found | null {
  if (given > 0) return { input, value: given, valid: true, source: `--${input.option}` };
  const found = results
    .filter(({ scenario }) => scenario === input.scenario)
    .flatMap((result): Found[] => {
      const read = input.read(result.content);
      // A difference that the noise swallowed is no cost.
      return read === null || !(read.value > 0 && Number.isFinite(read.value))
        ? []
        : [{ input, ...read, source: sourceOf(result) }];
    });
  return found.find(({ valid }) => valid) ?? found[0] ?? null;
}

/** The load that a result of `scale` was measured with. */
export function loadOf(results: readonly Result[]): { room: number; rate: number; payload: number } | null {
  const result = results.find(({ scenario }) => scenario === 'scale');
  const options = result?.content.options;
  if (!isRecord(options)) return null;
  return { room: number(options, 'room'), rate: number(options, 'rate'), payload: number(options, 'payload') };
}

interface ScaleFigures {
  readonly nodeNs: number;
  readonly redisNs: number;
  readonly packets: number;
  readonly frames: number;
}

/** One node, and two with every room on both or on one of them. */
interface ScaleSteps {
  readonly one: ScaleFigures;
  readonly all: ScaleFigures;
  readonly each: ScaleFigures;
  readonly room: number;
}

/** The difference of two clusters that are alike: heartbeats, snapshots and idle timers fall out. */
function redisPacketUs({ all, each }: ScaleSteps): number {
  return (all.redisNs - each.redisNs) / (all.packets - each.packets) / NS_PER_US;
}

function scaleInput(
  cost: keyof Costs,
  option: string,
  about: string,
  unit: string,
  value: (steps: ScaleSteps) => number,
  times = 1,
): CostInput {
  const read = (content: Row): Reading | null => {
    const one = rowOf(content, 'medians', { nodes: 1 });
    const all = rowOf(content, 'medians', { nodes: 2, spread: 'members' });
    const each = rowOf(content, 'medians', { nodes: 2, spread: 'rooms' });
    const { options } = content;
    if (one === null || all === null || each === null || !isRecord(options)) return null;
    const steps = { one: figures(one), all: figures(all), each: figures(each), room: number(options, 'room') };
    return { value: value(steps), valid: [one, all, each].every(isValid) };
  };
  return { cost, option, about, unit, scenario: 'scale', times, read };
}

function figures(row: Row): ScaleFigures {
  return {
    nodeNs: number(row, 'nodeNs'),
    redisNs: number(row, 'redisNs'),
    packets: number(row, 'packetsPerDelivery'),
    frames: number(row, 'framesPerDelivery'),
  };
}

/** Per second, of a node whose rooms are stored and of one whose rooms are not. */
interface Stored {
  readonly snapshot: { readonly calls: number; readonly redisShare: number };
  readonly none: { readonly calls: number; readonly redisShare: number };
  readonly rooms: number;
}

function redisCommitUs({ snapshot, none }: Stored): number {
  return ((snapshot.redisShare - none.redisShare) * 1e6) / (snapshot.calls - none.calls);
}

function snapshotsInput(
  cost: keyof Costs,
  option: string,
  about: string,
  unit: string,
  value: (stored: Stored) => number,
  times = 1,
): CostInput {
  const read = (content: Row): Reading | null => {
    const snapshot = rowOf(content, 'medians', { durability: 'snapshot' });
    const none = rowOf(content, 'medians', { durability: 'none' });
    if (snapshot === null || none === null) return null;
    const of = (row: Row) => ({ calls: number(row, 'callsPerSecond'), redisShare: number(row, 'redisShare') });
    const stored = { snapshot: of(snapshot), none: of(none), rooms: number(snapshot, 'rooms') };
    return { value: value(stored), valid: [snapshot, none].every(isValid) };
  };
  return { cost, option, about, unit, scenario: 'snapshots', times, read };
}

function beatInput(cost: keyof Costs, option: string, about: string, field: string): CostInput {
  const read = ({ beat }: Row) => reading(isRecord(beat) ? beat : null, (row) => number(row, field));
  return { cost, option, about, unit: 'µs', scenario: 'scale', times: NS_PER_US, read };
}

function idleInput(cost: keyof Costs, option: string, about: string, value: (row: Row) => number): CostInput {
  const read = (content: Row) => reading(rowOf(content, 'medians', { server: 'Roomcast' }), value);
  return { cost, option, about, unit: 'bytes', scenario: 'idle', times: 1, read };
}

function reading(row: Row | null, value: (row: Row) => number): Reading | null {
  return row === null ? null : { value: value(row), valid: isValid(row) };
}

function rowOf(content: Row, list: string, where: Row): Row | null {
  return rowsOf(content, list, where)[0] ?? null;
}

function rowsOf(content: Row, list: string, where: Row): Row[] {
  const rows = content[list];
  if (!Array.isArray(rows)) return [];
  return rows.filter(isRecord).filter((row) => Object.entries(where).every(([name, value]) => row[name] === value));
}

function isValid(row: Row): boolean {
  return row.valid !== false;
}

function number(row: Row, name: string): number {
  const value = row[name];
  return typeof value === 'number' ? value : Number.NaN;
}

function sourceOf({ scenario, measuredAt, commit }: Result): string {
  return `${scenario}, ${measuredAt.slice(0, 10)}, ${commit?.slice(0, 7) ?? 'no commit'}`;
}
