/** What the project wants to reach, as ratios within one run wherever that makes sense, and what the results say of it. */
import { isRecord, type Result } from './read-results.ts';

interface Target {
  readonly scenario: string;
  readonly load: string;
  readonly measure: string;
  readonly unit?: string;
  readonly target: number;
  readonly stretch: number | null;
  readonly better: 'more' | 'less';
  readonly command: string;
  /** Options that the result must have been made with. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** From the rows of the result; throws `Missing` where it has not all of them. */
  readonly of: (rows: Rows) => number;
}

export interface Reached {
  readonly target: Target;
  /** Of the newest result that shows it; null: there is none. */
  readonly value: number | null;
  /** All rows that it is from count. */
  readonly valid: boolean;
}

class Missing extends Error {}

/** Rows of one result, by what they must hold. Notes whether one that does not count was used. */
class Rows {
  readonly #content: Result['content'];
  valid = true;

  constructor(content: Result['content']) {
    this.#content = content;
  }

  value(field: string, where: Readonly<Record<string, unknown>>, array = 'medians'): number {
    const rows = this.#content[array];
    const row = Array.isArray(rows) ? rows.filter(isRecord).find((one) => has(one, where)) : undefined;
    const value = row?.[field];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Missing();
    if (row?.valid === false) this.valid = false;
    return value;
  }

  /** A number that the result has beside its rows. */
  beside(object: string, field: string): number {
    const value = isRecord(this.#content[object]) ? this.#content[object][field] : undefined;
    if (typeof value !== 'number') throw new Missing();
    return value;
  }
}

const CPU = 'events per server CPU-second ÷ raw uWS';

function ofRaw(field: string, where: Readonly<Record<string, unknown>> = {}) {
  return (rows: Rows): number =>
    rows.value(field, { ...where, server: 'Roomcast' }) / rows.value(field, { ...where, server: 'raw uWS' });
}

function ofPeer(field: string, scenario: string, ours: string, theirs: string) {
  const value = (rows: Rows, server: string) => rows.value(field, { scenario, server }, 'rows');
  return (rows: Rows): number => value(rows, ours) / value(rows, theirs);
}

const SMALL = { command: 'npm run bench -- fanout --clients 1000 --room 2,10 --rate 20', options: { clients: 1000 } };

export const TARGETS: readonly Target[] = [
  {
    scenario: 'fanout',
    load: '500 clients, rooms of 50, 100 msg/s, 40 B',
    measure: CPU,
    ...{ target: 1.8, stretch: 2.2, better: 'more' },
    command: 'npm run bench -- fanout',
    options: { clients: 500, room: [50], rate: [100] },
    of: ofRaw('eventsPerCpuSecond'),
  },
  {
    scenario: 'fanout',
    load: 'the same, offered 200 msg/s',
    measure: 'events per second ÷ raw uWS',
    ...{ target: 3, stretch: 4, better: 'more' },
    command: 'npm run bench -- fanout --rate 200',
    options: { clients: 500, room: [50], rate: [200] },
    of: ofRaw('eventsPerSecond'),
  },
  {
    scenario: 'fanout',
    load: '1,000 clients, rooms of 2, 20 msg/s',
    measure: CPU,
    ...{ target: 0.85, stretch: 1, better: 'more' },
    ...SMALL,
    of: ofRaw('eventsPerCpuSecond', { room: 2 }),
  },
  {
    scenario: 'fanout',
    load: '1,000 clients, rooms of 10, 20 msg/s',
    measure: CPU,
    ...{ target: 0.85, stretch: 1, better: 'more' },
    ...SMALL,
    of: ofRaw('eventsPerCpuSecond', { room: 10 }),
  },
  {
    scenario: 'relay',
    load: 'the first load, every room on 2 nodes',
    measure: 'events per CPU-second of nodes and Redis ÷ raw uWS in one process',
    ...{ target: 0.8, stretch: 1.1, better: 'more' },
    command: 'npm run bench -- relay',
    of: (rows) => rows.value('perCpuRatio', { name: '2 nodes' }),
  },
  {
    scenario: 'peers',
    load: 'relay, each at the best load that it sustains',
    measure: 'events per CPU-second ÷ Socket.IO with its Redis adapter',
    ...{ target: 12, stretch: 20, better: 'more' },
    command: 'npm run bench:peers',
    of: ofPeer('eventsPerCpuSecond', 'relay', 'Roomcast, 2 nodes', 'Socket.IO, Redis adapter, 2 nodes'),
  },
  {
    scenario: 'peers',
    load: 'rooms of 10, 20 entities, 60 ticks per second, p99 ≤ a tick + 5 ms',
    measure: 'rooms per core ÷ Colyseus',
    ...{ target: 4, stretch: 8, better: 'more' },
    command: 'npm run bench:peers',
    of: ofPeer('offered', 'tick', 'Roomcast', 'Colyseus'),
  },
  {
    scenario: 'latency',
    load: 'one node at 50 % of its capacity',
    measure: 'p99',
    ...{ unit: 'ms', target: 5, stretch: 2, better: 'less' },
    command: 'npm run bench -- latency',
    of: (rows) => rows.value('p99Ms', { path: 'one node', share: 0.5 }),
  },
  {
    scenario: 'latency',
    load: 'the same',
    measure: 'p99 ÷ raw uWS under the same load',
    ...{ target: 1.5, stretch: null, better: 'less' },
    command: 'npm run bench -- latency',
    of: (rows) =>
      rows.value('p99Ms', { path: 'one node', share: 0.5 }) / rows.value('p99Ms', { path: 'raw uWS', share: 0.5 }),
  },
  {
    scenario: 'latency',
    load: 'from node to node, at 50 % of their capacity',
    measure: 'p99',
    ...{ unit: 'ms', target: 10, stretch: 5, better: 'less' },
    command: 'npm run bench -- latency',
    of: (rows) => rows.value('p99Ms', { path: 'cross-node', share: 0.5 }),
  },
  {
    scenario: 'idle',
    load: 'joined clients that say nothing',
    measure: 'resident bytes per client above raw uWS',
    ...{ unit: 'B', target: 2048, stretch: 1024, better: 'less' },
    command: 'npm run bench -- idle',
    of: (rows) => rows.value('perClient', { server: 'Roomcast' }) - rows.value('perClient', { server: 'raw uWS' }),
  },
  {
    scenario: 'joins',
    load: 'connect, HELLO and JOIN, rooms that are there',
    measure: 'per node CPU-second ÷ connects of raw uWS',
    ...{ target: 0.5, stretch: 0.7, better: 'more' },
    command: 'npm run bench -- joins',
    of: (rows) =>
      rows.value('joinsPerCpuSecond', { arrival: 'warm' }) / rows.value('joinsPerCpuSecond', { arrival: 'raw' }),
  },
  {
    scenario: 'snapshots',
    load: 'rooms that change all the time',
    measure: 'calls of Redis per dirty room and second, at one snapshot per second',
    ...{ target: 1, stretch: null, better: 'less' },
    command: 'npm run bench -- snapshots',
    of: (rows) => rows.beside('cost', 'callsPerRoomSecond'),
  },
  {
    scenario: 'log',
    load: 'rooms of durability log',
    measure: 'events per node CPU-second ÷ durability snapshot',
    ...{ target: 0.7, stretch: 0.9, better: 'more' },
    command: 'npm run bench -- log',
    of: (rows) =>
      rows.value('eventsPerCpuSecond', { durability: 'log' }) /
      rows.value('eventsPerCpuSecond', { durability: 'snapshot' }),
  },
  {
    scenario: 'micro',
    load: 'rooms of 50, 20 messages in a turn',
    measure: 'heap bytes allocated per delivered event',
    ...{ unit: 'B', target: 1, stretch: 0, better: 'less' },
    command: 'npm run bench -- micro',
    of: (rows) =>
      rows.value('heapBytesPerOp', { name: 'room: 20 per turn' }) /
      rows.value('deliveries', { name: 'room: 20 per turn' }),
  },
];

/** Of each target what the newest result that shows it says, one that counts before one that does not. */
export function reachedOf(results: readonly Result[]): Reached[] {
  return TARGETS.map((target) => {
    const found = results.filter((result) => isFor(target, result)).flatMap(({ content }) => read(target, content));
    return { target, ...(found.find(({ valid }) => valid) ?? found[0] ?? { value: null, valid: true }) };
  });
}

function isFor({ scenario, options = {} }: Target, { scenario: name, content }: Result): boolean {
  return name === scenario && isRecord(content.options) && has(content.options, options);
}

function read(target: Target, content: Result['content']): { value: number; valid: boolean }[] {
  const rows = new Rows(content);
  try {
    const value = target.of(rows);
    return [{ value, valid: rows.valid }];
  } catch (error) {
    if (error instanceof Missing) return [];
    throw error;
  }
}

function has(row: Readonly<Record<string, unknown>>, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([name, value]) => JSON.stringify(row[name]) === JSON.stringify(value));
}
