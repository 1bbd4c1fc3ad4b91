/**
 * What a client knows of a room: where it stands, who is there, the state. Built from a snapshot and the events after
 * it; says of each EVENTS frame whether it continues that (P12-P14). Asks for nothing itself.
 */
import { unreachable } from '../base/assert.ts';
import { STATUS, type Status } from '../protocol/op.ts';
import type { EventsFrame, RosterEntry, ServerEvent } from '../protocol/server-reader.ts';

export interface Member {
  readonly user: string;
  /** `away`: its connection is lost and its grace time runs. */
  readonly status: 'here' | 'away';
  readonly meta: Uint8Array | null;
}

export interface Snapshot {
  readonly epoch: number;
  readonly seq: number;
  readonly roster: readonly RosterEntry[];
  readonly state: Map<string, Uint8Array>;
}

const NO_EVENTS: readonly ServerEvent[] = [];

export class RoomView {
  /** False until the first snapshot, and again when what is known can't be continued. */
  known = false;
  epoch = 0;
  seq = 0;
  roster = new Map<number, Member>();
  state = new Map<string, Uint8Array>();

  /** P6, P14: replaces everything. The maps are new objects, so that a holder of the old ones can compare. */
  replace(snapshot: Snapshot): void {
    this.known = true;
    this.epoch = snapshot.epoch;
    this.seq = snapshot.seq;
    this.state = snapshot.state;
    this.roster = new Map();
    for (const { member, user, status, meta } of snapshot.roster) {
      this.roster.set(member, { user, status: statusName(status), meta });
    }
  }

  /** P12: on one connection neither the epoch nor, within it, seq goes back. */
  goesBack(epoch: number, seq: number): boolean {
    return epoch < this.epoch || (epoch === this.epoch && seq < this.seq);
  }

  /** The events of the frame that are new, none when it holds nothing new, or `hole` when something before them is missing. */
  newEvents(frame: EventsFrame): readonly ServerEvent[] | 'hole' {
    if (frame.epoch < this.epoch) return NO_EVENTS;
    // A newer epoch may have taken events back: only JOINED or SYNC can tell.
    if (frame.epoch > this.epoch) return 'hole';
    const next = this.seq + 1;
    if (frame.first + frame.events.length <= next) return NO_EVENTS;
    if (frame.first > next) return 'hole';
    return frame.first === next ? frame.events : frame.events.slice(next - frame.first);
  }

  /** P13: POSITION beyond what is here. */
  isBehind(epoch: number, seq: number): boolean {
    return epoch > this.epoch || (epoch === this.epoch && seq > this.seq);
  }

  /** Applies the event after `seq`. Answers the member that it is about: as it is now, or was, if it left. */
  apply(event: ServerEvent): Member | null {
    this.seq++;
    const before = this.roster.get(event.member) ?? null;
    switch (event.kind) {
      case 'message':
        return before;
      case 'state':
        // Copied: a value is a view of its whole frame, and may stay here for hours.
        for (const [key, value] of event.set) this.state.set(key, value.slice());
        for (const key of event.del) this.state.delete(key);
        return before;
      case 'joined':
        return this.#put(event.member, { user: event.user, status: 'here', meta: event.meta?.slice() ?? null });
      case 'left':
        this.roster.delete(event.member);
        return before;
      case 'status':
        // In a room without presence nobody is in the roster.
        return before && this.#put(event.member, { ...before, status: statusName(event.status) });
      default:
        return unreachable(event);
    }
  }

  #put(number: number, member: Member): Member {
    this.roster.set(number, member);
    return member;
  }
}

function statusName(status: Status): Member['status'] {
  return status === STATUS.here ? 'here' : 'away';
}
