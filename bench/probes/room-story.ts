/**
 * What the probes together saw of one room while its owner may have died, and what of it the room kept.
 *
 * The room's kept line: an event is taken back when a later epoch began before it (SYNC told a lower seq) and has not
 * the same event there. A message that is done must stand in the kept line, once. Between a snapshot and the events
 * after it there may be places that nobody saw as events; that many done messages may have no place.
 */
export interface RoomVerdict {
  readonly room: string;
  readonly epochs: number;
  /** Messages that were done. */
  readonly done: number;
  /** Of these, in no event that the room kept. */
  readonly lost: number;
  /** Of these, those that no new owner is known to have taken back. */
  readonly vanished: number;
  readonly doubled: number;
  /** Places at which two probes saw different events. */
  readonly disagreed: number;
  /** Events of any kind that a new owner did not have. */
  readonly takenBack: number;
  /** How long before the crash the first of them had arrived at a probe; 0 where there are none. */
  readonly takenBackMs: number;
  /** Never done although there was time. */
  readonly open: number;
  readonly refused: number;
}

/** `message`: a number that is unique among all messages of the run; null for an event that is no message. */
interface Seen {
  readonly message: number | null;
  readonly atMs: number;
}

interface Epoch {
  /** Where it began, as far as known: the lowest seq that a snapshot of it named. */
  from: number;
  readonly seen: Map<number, Seen>;
}

type Outcome = 'open' | 'done' | 'refused';

export class RoomStory {
  readonly room: string;
  readonly #epochs = new Map<number, Epoch>();
  readonly #messages = new Map<number, Outcome>();
  #disagreed = 0;

  constructor(room: string) {
    this.room = room;
  }

  /** A snapshot: the room stands at that place. */
  stands(epoch: number, seq: number): void {
    const known = this.#epoch(epoch);
    known.from = Math.min(known.from, seq);
  }

  saw(epoch: number, seq: number, message: number | null, atMs: number): void {
    const { seen } = this.#epoch(epoch);
    const before = seen.get(seq);
    if (before === undefined) seen.set(seq, { message, atMs });
    else if (before.message !== message) this.#disagreed++;
  }

  sent(message: number): void {
    this.#messages.set(message, 'open');
  }

  ended(message: number, outcome: 'done' | 'refused'): void {
    this.#messages.set(message, outcome);
  }

  judge(crashedAtMs: number): RoomVerdict {
    const { kept, takenBack } = this.#line();
    const places = new Map<number, number>();
    for (const { message } of kept.values()) {
      if (message !== null) places.set(message, (places.get(message) ?? 0) + 1);
    }
    const gone = new Set(takenBack.map(({ message }) => message));
    let [goneDone, unseenDone] = [0, 0];
    for (const [message, outcome] of this.#messages) {
      if (outcome !== 'done' || places.has(message)) continue;
      if (gone.has(message)) goneDone++;
      else unseenDone++;
    }
    const vanished = Math.max(0, unseenDone - placesUnseen(kept));
    const count = (wanted: Outcome) => [...this.#messages.values()].filter((outcome) => outcome === wanted).length;
    return {
      room: this.room,
      epochs: this.#epochs.size,
      done: count('done'),
      lost: goneDone + vanished,
      vanished,
      doubled: [...places.values()].filter((times) => times > 1).length,
      disagreed: this.#disagreed,
      takenBack: takenBack.length,
      takenBackMs: Math.max(0, ...takenBack.map(({ atMs }) => crashedAtMs - atMs)),
      open: count('open'),
      refused: count('refused'),
    };
  }

  #epoch(epoch: number): Epoch {
    const known = this.#epochs.get(epoch) ?? { from: Number.POSITIVE_INFINITY, seen: new Map<number, Seen>() };
    this.#epochs.set(epoch, known);
    return known;
  }

  /** The newest epoch first: it is kept whole, and each older one up to where a newer one began. */
  #line(): { kept: ReadonlyMap<number, Seen>; takenBack: readonly Seen[] } {
    const kept = new Map<number, Seen>();
    const takenBack: Seen[] = [];
    let keptUpTo = Number.POSITIVE_INFINITY;
    for (const [, { from, seen }] of [...this.#epochs].sort(([a], [b]) => b - a)) {
      const first = Math.min(...seen.keys()) - 1;
      for (const [seq, event] of seen) {
        const there = kept.get(seq);
        if (there === undefined && seq <= keptUpTo) kept.set(seq, event);
        else if (there?.message !== event.message) takenBack.push(event);
      }
      keptUpTo = Math.min(keptUpTo, from === Number.POSITIVE_INFINITY ? first : from);
    }
    return { kept, takenBack };
  }
}

/** Between the first and the last event of the kept line. */
function placesUnseen(kept: ReadonlyMap<number, Seen>): number {
  if (kept.size === 0) return 0;
  const seqs = [...kept.keys()];
  const [first, last] = seqs.reduce(([low, high], seq) => [Math.min(low, seq), Math.max(high, seq)], [
    Number.POSITIVE_INFINITY,
    0,
  ] as [number, number]);
  return last - first + 1 - kept.size;
}
