/** What the checkers know of one room: its epochs, the events of each, and the room as they make it. */

import { must } from '../../../src/base/assert.ts';
import { Reader } from '../../../src/protocol/reader.ts';
import { type EventsFrame, readEvents, type ServerEvent } from '../../../src/protocol/server-reader.ts';
import type { Durability } from '../../../src/room/definition.ts';
import { latin1 } from '../command-id.ts';
import type { Replica } from './replica.ts';

const header = new Reader();
/** What a new owner begins with. */
export interface Start {
  readonly parent: EpochRecord | null;
  readonly base: number;
  readonly replica: Replica;
}

export class EpochRecord {
  readonly epoch: number;
  /** Its owner. */
  readonly node: string;
  /** Counts the rooms that have had this name; one that came back empty is another one. */
  readonly life: number;
  /** Made from what its owner still had of that epoch, and not from what the store keeps. */
  readonly copyOf: EpochRecord | null;
  readonly events: ServerEvent[] = [];
  /** Up to here the store has held it; 0 before its first write. */
  durableSeq = 0;
  /** Up to here the store held it once and has forgotten its end since; null: nothing of it. */
  forgottenTo: number | null = null;
  /** The store has forgotten that this epoch was ever given out. */
  isForgotten = false;
  /** Its owner has given the room back, or closed it. */
  isOver = false;
  /** The next epoch, where it goes on with all of this one: its events may be told under this one as well. */
  continuation: EpochRecord | null = null;
  #start: Start | null;
  #begun: { readonly digests: string[]; readonly head: Replica } | null = null;

  /** With a copy, its start is known when the owner says the first word: before that it tells the end of the copy. */
  constructor(epoch: number, node: string, life: number, start: Start | EpochRecord) {
    this.epoch = epoch;
    this.node = node;
    this.life = life;
    this.copyOf = start instanceof EpochRecord ? start : null;
    this.#start = start instanceof EpochRecord ? null : start;
  }

  /** Whether its start is known. */
  get hasBegun(): boolean {
    return this.#start !== null;
  }

  get parent(): EpochRecord | null {
    return this.#settled.parent;
  }

  /** Its first event is `base + 1`. */
  get base(): number {
    return this.#settled.base;
  }

  /** The room as its events make it by now. */
  get head(): Replica {
    return this.#heads.head;
  }

  get end(): number {
    return this.base + this.events.length;
  }

  /** The event at `seq`, also where it is one of the epochs before, or of those that go on from here. */
  at(seq: number): ServerEvent | undefined {
    if (seq <= this.base) return this.parent?.at(seq);
    if (seq <= this.end) return this.events[seq - this.base - 1];
    return this.continuation?.hasBegun ? this.continuation.at(seq) : undefined;
  }

  push(event: ServerEvent): void {
    const { head, digests } = this.#heads;
    this.events.push(event);
    head.apply(event);
    digests.push(head.digest);
  }

  /** null where the seq is not of this epoch. */
  digestAt(seq: number): string | null {
    return this.#heads.digests[seq - this.base] ?? null;
  }

  replicaAt(seq: number): Replica {
    const replica = this.#settled.replica.clone();
    for (const event of this.events.slice(0, seq - this.base)) replica.apply(event);
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

  /** Visits all events that this epoch builds on and its own, oldest first: the history that the room keeps. */
  forEachKept(visit: (seq: number, event: ServerEvent) => void): void {
    const links: EpochRecord[] = [];
    for (let epoch: EpochRecord | null = this; epoch; epoch = epoch.parent) links.unshift(epoch);
    for (const [i, link] of links.entries()) {
      const end = Math.min(links[i + 1]?.base ?? link.end, link.end);
      for (let seq = link.base + 1; seq <= end; seq++) visit(seq, link.events[seq - link.base - 1] as ServerEvent);
    }
  }

  get #settled(): Start {
    if (this.#start) return this.#start;
    const parent = must(this.copyOf, 'a start, or a copy to start from');
    const replica = parent.replicaAt(parent.end);
    replica.allAway();
    this.#start = { parent, base: parent.end, replica };
    return this.#start;
  }

  /** `digests[i]` is that of the room at `base + i`. */
  get #heads(): { readonly digests: string[]; readonly head: Replica } {
    if (this.#begun === null) {
      const head = this.#settled.replica.clone();
      this.#begun = { head, digests: [head.digest] };
    }
    return this.#begun;
  }
}

export class RoomRecord {
  readonly name: string;
  readonly durability: Durability;
  readonly hasPresence: boolean;
  readonly epochs: EpochRecord[] = [];
  /** The store once held events that were never published: commands in them are done without an event. */
  hasUnseen = false;
  /** Its code has closed it at least once. */
  wasClosed = false;
  /** Epochs in which it was deleted by its owner. */
  readonly #ended = new Set<number>();
  /** Frames that were compared already, by their first seq. */
  readonly #frames = new Map<number, Uint8Array[]>();

  constructor(name: string, durability: Durability, hasPresence: boolean) {
    this.name = name;
    this.durability = durability;
    this.hasPresence = hasPresence;
  }

  get last(): EpochRecord | null {
    return this.epochs.at(-1) ?? null;
  }

  end(epoch: number): void {
    this.#ended.add(epoch);
  }

  wasEnded({ epoch }: EpochRecord): boolean {
    return this.#ended.has(epoch);
  }

  find(epoch: number): EpochRecord | null {
    return this.epochs.findLast((record) => record.epoch === epoch) ?? null;
  }

  /** Up to where the store has held what an epoch told: it may be written under that of the copy that goes on from it. */
  durableIn(epoch: EpochRecord): number {
    const written = this.epochs.filter((each) => each === epoch || each.copyOf === epoch);
    return Math.max(...written.map(({ durableSeq }) => durableSeq));
  }

  /** The frame, read, or null where the same bytes were read before. The bytes are kept: nobody may write to them. */
  readNew(frame: Uint8Array): EventsFrame | null {
    const first = firstSeqOf(frame);
    const known = this.#frames.get(first);
    if (known?.some((other) => sameBytes(other, frame))) return null;
    if (known) known.push(frame);
    else this.#frames.set(first, [frame]);
    return readEvents(frame);
  }
}

function firstSeqOf(frame: Uint8Array): number {
  header.reset(frame);
  header.array('frame');
  header.uint('opcode');
  header.skipStr('room');
  header.uint('epoch');
  return header.uint('first');
}

export function sameEvent(a: ServerEvent | undefined, b: ServerEvent | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.kind !== b.kind || a.member !== b.member) return false;
  switch (a.kind) {
    case 'message':
      return b.kind === a.kind && a.cseq === b.cseq && sameBytes(a.payload, b.payload);
    case 'joined':
      return b.kind === a.kind && a.user === b.user && sameMeta(a.meta, b.meta);
    case 'left':
      return b.kind === a.kind && a.reason === b.reason;
    case 'status':
      return b.kind === a.kind && a.status === b.status;
    case 'state':
      return b.kind === a.kind && a.cseq === b.cseq && sameSet(a.set, b.set) && String(a.del) === String(b.del);
  }
}

function sameSet(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) {
    const other = b.get(key);
    if (other === undefined || !sameBytes(value, other)) return false;
  }
  return true;
}

function sameMeta(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** An event in words. */
export function eventText(event: ServerEvent | undefined): string {
  if (event === undefined) return 'nothing';
  switch (event.kind) {
    case 'message':
      return `message ${event.member} ${event.cseq} ${latin1(event.payload)}`;
    case 'joined':
      return `joined ${event.member} ${event.user} ${event.meta && latin1(event.meta)}`;
    case 'left':
      return `left ${event.member} ${event.reason}`;
    case 'status':
      return `status ${event.member} ${event.status}`;
    case 'state': {
      const set = [...event.set].map(([key, value]) => `${key}=${latin1(value)}`);
      return `state ${event.member} ${event.cseq} ${set.join(' ')} -${event.del.join(' ')}`;
    }
  }
}
