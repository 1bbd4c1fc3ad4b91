/**
 * What one worker has counted so far, in shared memory: the worker writes, the swarm's main thread reads whenever it
 * samples, so a worker that is busy costs no sample. Slots are doubles, each written by one thread only.
 */
const TALLY = [
  'open', // sockets upgraded
  'joined', // clients in their room
  'sent', // messages
  'due', // deliveries that `sent` must lead to: one per member of the sender's room
  'events', // messages delivered, all clients together
  'reads', // chunks that the sockets gave
  'lost', // events missing in a hole of seq, or POSITION beyond the last
  'doubled', // events that came again
  'disordered', // an own message out of turn, an epoch that went back
  'refused', // ERROR frames
  'closed', // sockets closed by the server
  'broken', // sockets given up: bytes that can't be read, connection errors
  'bytes', // that the sockets gave
] as const;

export type TallyName = (typeof TALLY)[number];
export type TallySum = Record<TallyName, number>;

const SLOT = Object.fromEntries(TALLY.map((name, index) => [name, index])) as Record<TallyName, number>;

export function newTallyMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(TALLY.length * Float64Array.BYTES_PER_ELEMENT);
}

export class Tally {
  readonly #slots: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#slots = new Float64Array(memory);
  }

  add(name: TallyName, count = 1): void {
    const slot = SLOT[name];
    this.#slots[slot] = (this.#slots[slot] ?? 0) + count;
  }

  get(name: TallyName): number {
    return this.#slots[SLOT[name]] ?? 0;
  }
}

export function sumTallies(tallies: readonly Tally[]): TallySum {
  const sum = {} as TallySum;
  for (const name of TALLY) sum[name] = tallies.reduce((total, tally) => total + tally.get(name), 0);
  return sum;
}
