/** What the checkers know of one room: its epochs, and what was told of it. */
import { Reader } from '../../../src/protocol/reader.ts';
import { type EventsFrame, readEvents, type ServerEvent } from '../../../src/protocol/server-reader.ts';
import type { Durability } from '../../../src/room/definition.ts';
import { latin1 } from '../command-id.ts';
import type { EpochRecord } from './epoch-record.ts';
import type { Replica } from './replica.ts';

/** Told of each event once, when it is told for the first time; the record of its epoch has those before it. */
export type OnEvent = (room: RoomRecord, epoch: EpochRecord, seq: number, event: ServerEvent) => void;

const header = new Reader();

export class RoomRecord {
  readonly name: string;
  readonly durability: Durability;
  readonly hasPresence: boolean;
  readonly epochs: EpochRecord[] = [];
  /** The room once held events that were never told: commands in them are done without an event. */
  hasUnseen = false;
  /** Epochs in which its code has closed it, whether the store heard of that or not. */
  readonly closedIn: number[] = [];
  /** Epochs in which it was deleted by its owner. */
  readonly #ended = new Set<number>();
  /** Frames that were compared already, by their first seq. */
  readonly #frames = new Map<number, Uint8Array[]>();

  readonly #onEvent: OnEvent;

  constructor(name: string, durability: Durability, hasPresence: boolean, onEvent: OnEvent) {
    this.#onEvent = onEvent;
    this.name = name;
    this.durability = durability;
    this.hasPresence = hasPresence;
  }

  get last(): EpochRecord | null {
    return this.epochs.at(-1) ?? null;
  }

  /**
   * The epoch that the room stands in: the last one, unless the store has forgotten it and its owner is gone since. Then the owner
   * before, which lives, goes on as if nothing had been.
   */
  standing(lives: (node: string) => boolean): EpochRecord | null {
    return this.epochs.findLast(({ isForgotten, node }) => !isForgotten || lives(node)) ?? this.last;
  }

  /** The copy that this epoch goes on from ends here, at the latest; answers whether that can be. */
  copyEndsAt(record: EpochRecord, seq: number, written: Replica | null = null): boolean {
    if (!record.copyOf) return true;
    this.hasUnseen ||= seq > record.copyOf.end;
    return record.copyEndsAt(seq, written);
  }

  /** The next event of that epoch. */
  tell(record: EpochRecord, event: ServerEvent): void {
    this.#onEvent(this, record, record.end + 1, event);
    record.push(event);
  }

  /** The event that was told as `seq`; one that nobody was told before, and might be, is told by this. */
  heard(record: EpochRecord, seq: number, event: ServerEvent): ServerEvent | undefined {
    const known = record.at(seq);
    const epoch = record.ofSeq(seq);
    if (known !== undefined || !epoch.lacks(seq)) return known;
    this.tell(epoch, event);
    return event;
  }

  get wasClosed(): boolean {
    return this.closedIn.length > 0;
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

  /** Up to where the store has held what an epoch told: it may be written under that of a copy that goes on from it. */
  durableIn(epoch: EpochRecord): number {
    const copies = this.epochs.filter(({ copyOf }) => copyOf === epoch);
    return Math.max(epoch.durableSeq ?? 0, ...copies.map((copy) => this.durableIn(copy)));
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
