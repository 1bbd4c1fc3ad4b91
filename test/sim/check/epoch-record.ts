/** What the checkers know of one ownership of a room: its events, and the room as they make it. */
import { must } from '../../../src/base/assert.ts';
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import { Replica } from './replica.ts';

/** What a new owner begins with. */
export interface Start {
  readonly parent: EpochRecord | null;
  readonly base: number;
  readonly replica: Replica;
}

interface Begun {
  /** `digests[i]` is that of the room at `base + i`, null where that is not known. */
  readonly digests: (string | null)[];
  /** null until somebody shows the room. */
  head: Replica | null;
}

export class EpochRecord {
  readonly epoch: number;
  /** Its owner. */
  readonly node: string;
  /** Made from what its owner still had of that epoch, and not from what the store keeps. */
  readonly copyOf: EpochRecord | null;
  readonly events: ServerEvent[] = [];
  /** Up to here the store has held it at some time; null before its first write. */
  durableSeq: number | null = null;
  /** Up to here the store held it once and has forgotten its end since; null: nothing of it. */
  forgottenTo: number | null = null;
  /** The store has forgotten that this epoch was ever given out. */
  isForgotten = false;
  /** Its node has the room: a claim may be answered to nobody, or made again without looking at what came. */
  isHeld = false;
  /** Its owner has given the room back, or closed it. */
  isOver = false;
  /** The next epoch, where it goes on with all of this one: its events may be told under this one as well. */
  continuation: EpochRecord | null = null;
  readonly #start: Start | null;
  /** Where the copy ends, once that is known: its last events may be told later, or never. */
  #copyEnd: number | null = null;
  /** The copy as it was written, where its last events are not told. */
  #written: Replica | null = null;
  #begun: Begun | null = null;

  constructor(epoch: number, node: string, start: Start | EpochRecord) {
    this.epoch = epoch;
    this.node = node;
    this.copyOf = start instanceof EpochRecord ? start : null;
    this.#start = start instanceof EpochRecord ? null : start;
  }

  get parent(): EpochRecord | null {
    return this.#start ? this.#start.parent : this.copyOf;
  }

  /** Its first event is `base + 1`. */
  get base(): number {
    return this.#start?.base ?? this.#copyEnd ?? this.#copied.end;
  }

  /** Whether anything was told in it. */
  get hasBegun(): boolean {
    return this.#begun !== null;
  }

  /** The room as its events make it by now; empty where nobody has heard what it is. */
  get head(): Replica {
    return this.#heads.head ?? new Replica();
  }

  /** The copy ends here: as it was written, or at the first word of its owner. Answers whether that can be. */
  copyEndsAt(seq: number, written: Replica | null = null): boolean {
    if (this.#copyEnd !== null || this.copyOf === null || this.hasBegun) return true;
    this.#copyEnd = seq;
    this.#written = written;
    const told = this.copyOf.end;
    if (written === null || seq > told) return seq >= told;
    return seq === told && this.copyOf.awayAt(seq).digest === written.digest;
  }

  /**
   * Nobody has told that event, and it belongs to the end of the copy that the next epoch goes on from: whoever tells it
   * first is right.
   */
  lacks(seq: number): boolean {
    const next = this.continuation;
    return (
      next?.copyOf === this && seq === this.end + 1 && (next.#copyEnd === null ? !next.hasBegun : seq <= next.#copyEnd)
    );
  }

  /** The epoch that a seq at or before the end of this one belongs to. */
  ofSeq(seq: number): EpochRecord {
    return seq <= this.base && this.parent ? this.parent.ofSeq(seq) : this;
  }

  get end(): number {
    return this.base + this.events.length;
  }

  /** The event at `seq`, also where it is one of the epochs before, or of those that go on from here. */
  at(seq: number): ServerEvent | undefined {
    if (seq <= this.base) return this.parent?.at(seq);
    if (seq <= this.end) return this.events[seq - this.base - 1];
    const next = this.continuation;
    // One that said nothing may have gone on as a copy itself.
    const isPlaced = next !== null && (next.hasBegun || next.#copyEnd !== null);
    return isPlaced && seq > next.base ? next.at(seq) : undefined;
  }

  /** The epoch whose event is told as `seq` under this one. */
  toldIn(seq: number): EpochRecord {
    return seq > this.end && this.continuation ? this.continuation.toldIn(seq) : this;
  }

  push(event: ServerEvent): void {
    const { head, digests } = this.#heads;
    this.events.push(event);
    head?.apply(event);
    digests.push(head?.digest ?? null);
  }

  /** null where the seq is not of this epoch, or the room at it not known. */
  digestAt(seq: number): string | null {
    return this.#heads.digests[seq - this.base] ?? null;
  }

  /** Nobody knows what the room is at this seq, and somebody shows it. */
  learn(seq: number, shown: Replica): boolean {
    const heads = this.#heads;
    const at = seq - this.base;
    if (at < 0 || heads.digests[at] !== null) return false;
    const head = shown.clone();
    heads.digests[at] = head.digest;
    for (const [i, event] of this.events.slice(at).entries()) {
      head.apply(event);
      heads.digests[at + i + 1] = head.digest;
    }
    heads.head = head;
    return true;
  }

  /** Empty where nobody has heard what the room was. */
  replicaAt(seq: number): Replica {
    const replica = this.#startReplica() ?? new Replica();
    for (const event of this.events.slice(0, seq - this.base)) replica.apply(event);
    return replica;
  }

  /** As a next owner begins: it knows nobody's connection. */
  awayAt(seq: number): Replica {
    const replica = this.replicaAt(seq);
    replica.allAway();
    return replica;
  }

  /**
   * Up to where two histories are one: this one as it stands up to `seq`, and that of `other` up to `otherSeq`. 0: they
   * have nothing in common.
   */
  sharedWith(seq: number, other: EpochRecord | null, otherSeq: number): number {
    const ends = new Map<EpochRecord, number>();
    for (let link: EpochRecord | null = this, end = seq; link; end = link.base, link = link.parent) ends.set(link, end);
    for (let link = other, end = otherSeq; link; end = link.base, link = link.parent) {
      const here = ends.get(link);
      if (here !== undefined) return Math.min(here, end);
    }
    return 0;
  }

  /** Whether that event is in the history of this epoch. */
  goesOnFrom(epoch: EpochRecord, seq: number): boolean {
    return this.sharedWith(this.end, epoch, epoch.end) >= seq;
  }

  /** Visits all events that this epoch builds on and its own, oldest first: the history that the room keeps. */
  forEachKept(visit: (seq: number, event: ServerEvent) => void): void {
    const links: EpochRecord[] = [];
    for (let epoch: EpochRecord | null = this; epoch; epoch = epoch.parent) links.unshift(epoch);
    for (const [i, link] of links.entries()) {
      const end = Math.min(links[i + 1]?.base ?? link.end, link.end);
      for (let seq = link.base + 1; seq <= end; seq++) visit(seq, link.events[seq - link.base - 1] as ServerEvent);
    }
  }

  get #copied(): EpochRecord {
    return must(this.copyOf, 'a start, or a copy to start from');
  }

  get #heads(): Begun {
    if (this.#begun === null) {
      // From its first use on the start of a copy stands.
      if (!this.#start) this.#copyEnd ??= this.#copied.end;
      const head = this.#startReplica();
      this.#begun = { head, digests: [head?.digest ?? null] };
    }
    return this.#begun;
  }

  /** null: its copy has an end that nobody was told of. */
  #startReplica(): Replica | null {
    if (this.#start) return this.#start.replica.clone();
    if (this.#copied.end >= this.base) return this.#copied.awayAt(this.base);
    return this.#written?.clone() ?? null;
  }
}
