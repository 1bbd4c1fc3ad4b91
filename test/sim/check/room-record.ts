/** What the checkers know of one room: its epochs, the events of each, and the room as they make it. */

import { readEvents, type ServerEvent } from '../../../src/protocol/server-reader.ts';
import type { Durability } from '../../../src/room/definition.ts';
import { latin1 } from '../command-id.ts';
import type { Replica } from './replica.ts';

export class EpochRecord {
  readonly epoch: number;
  /** Its owner. */
  readonly node: string;
  /** Its first event is `base + 1`. */
  readonly base: number;
  readonly parent: EpochRecord | null;
  /** Counts the rooms that have had this name; one that came back empty is another one. */
  readonly life: number;
  readonly events: ServerEvent[] = [];
  /** The room at `base + i`. */
  readonly digests: string[];
  readonly head: Replica;
  /** Up to here the store holds it. */
  durableSeq: number;
  #start: Replica;

  constructor(epoch: number, node: string, base: number, parent: EpochRecord | null, life: number, start: Replica) {
    this.epoch = epoch;
    this.node = node;
    this.base = base;
    this.parent = parent;
    this.life = life;
    this.durableSeq = base;
    this.#start = start;
    this.head = start.clone();
    this.digests = [start.digest];
  }

  get end(): number {
    return this.base + this.events.length;
  }

  /** The event at `seq`, also where it is one of the epochs before. */
  at(seq: number): ServerEvent | undefined {
    return seq > this.base ? this.events[seq - this.base - 1] : this.parent?.at(seq);
  }

  push(event: ServerEvent): void {
    this.events.push(event);
    this.head.apply(event);
    this.digests.push(this.head.digest);
  }

  /** null where the seq is not of this epoch. */
  digestAt(seq: number): string | null {
    return this.digests[seq - this.base] ?? null;
  }

  replicaAt(seq: number): Replica {
    const replica = this.#start.clone();
    for (const event of this.events.slice(0, seq - this.base)) replica.apply(event);
    return replica;
  }

  /** All events that this epoch builds on and its own, oldest first: the history that the room keeps. */
  chain(): { seq: number; epoch: number; event: ServerEvent }[] {
    const links: EpochRecord[] = [];
    for (let epoch: EpochRecord | null = this; epoch; epoch = epoch.parent) links.unshift(epoch);
    return links.flatMap((link, i) => {
      const end = links[i + 1]?.base ?? link.end;
      return link.events
        .slice(0, end - link.base)
        .map((event, k) => ({ seq: link.base + k + 1, epoch: link.epoch, event }));
    });
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
  /** Frames that were compared already, by their bytes. */
  readonly #frames = new Set<string>();

  constructor(name: string, durability: Durability, hasPresence: boolean) {
    this.name = name;
    this.durability = durability;
    this.hasPresence = hasPresence;
  }

  get last(): EpochRecord | null {
    return this.epochs.at(-1) ?? null;
  }

  find(epoch: number): EpochRecord | null {
    return this.epochs.findLast((record) => record.epoch === epoch) ?? null;
  }

  /** The frame, read, or null where the same bytes were read before. */
  readNew(frame: Uint8Array): ReturnType<typeof readEvents> | null {
    const text = latin1(frame);
    if (this.#frames.has(text)) return null;
    this.#frames.add(text);
    return readEvents(frame.slice());
  }
}

/** Two events are the same when this is. */
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
