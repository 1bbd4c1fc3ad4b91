/**
 * [P12] On one connection seq never goes back within an epoch, and an epoch never goes back, from the JOINED of a membership to
 * its end. One instance per connection.
 */
import type { ServerFrame } from '../../../src/protocol/server-reader.ts';
import type { Report } from './report.ts';

interface Place {
  epoch: number;
  /** Up to here the connection has told. */
  seq: number;
  /** The client has left or lost its place, or the room is over: who joins again begins anew, perhaps in another room of that name. */
  isOver: boolean;
}

export class ConnectionOrder {
  /** Frames that left something out. */
  holes = 0;
  positions = 0;
  readonly #name: string;
  readonly #report: Report;
  readonly #places = new Map<string, Place>();

  constructor(name: string, report: Report) {
    this.#name = name;
    this.#report = report;
  }

  received(frame: ServerFrame): void {
    switch (frame.op) {
      case 'joined':
        // P7 starts again from what the client asked for, so only a snapshot may not go back.
        return this.#reach(frame.room, frame.epoch, frame.seq, frame.roster !== null, 'JOINED');
      case 'sync':
        return this.#reach(frame.room, frame.epoch, frame.seq, true, 'SYNC');
      case 'position':
        this.positions++;
        return this.#position(frame.room, frame.epoch, frame.seq);
      case 'events':
        return this.#events(frame.room, frame.epoch, frame.first, frame.first + frame.events.length - 1);
      case 'left':
      case 'closed':
        return this.#over(frame.room);
      case 'error':
        // Unasked: what the membership was is lost, or the room has removed it.
        if (frame.room !== null && frame.req === null && frame.cseq === null) this.#over(frame.room);
        return;
      default:
    }
  }

  #over(room: string): void {
    const place = this.#places.get(room);
    if (place) place.isOver = true;
  }

  #reach(room: string, epoch: number, seq: number, isSnapshot: boolean, what: string): void {
    const place = this.#places.get(room);
    const goesOn = place && !(isSnapshot && what === 'JOINED' && place.isOver);
    if (goesOn && (epoch < place.epoch || (isSnapshot && epoch === place.epoch && seq < place.seq))) {
      this.#back(room, what, epoch, seq, place);
    }
    this.#places.set(room, { epoch, seq, isOver: false });
  }

  #position(room: string, epoch: number, seq: number): void {
    const place = this.#place(room, epoch);
    if (place && (epoch < place.epoch || (epoch === place.epoch && seq < place.seq))) {
      this.#back(room, 'POSITION', epoch, seq, place);
    }
  }

  #events(room: string, epoch: number, first: number, last: number): void {
    const place = this.#place(room, epoch);
    if (!place) {
      // JOINED was among the frames that a slow reader lost.
      this.holes++;
      return;
    }
    if (epoch < place.epoch || (epoch === place.epoch && last <= place.seq)) {
      return this.#back(room, 'EVENTS', epoch, last, place);
    }
    if (epoch > place.epoch || first > place.seq + 1) this.holes++;
    this.#places.set(room, { epoch, seq: last, isOver: place.isOver });
  }

  /** null: nothing is known of the membership that a frame of that epoch belongs to. */
  #place(room: string, epoch: number): Place | null {
    const place = this.#places.get(room);
    return place && !(place.isOver && epoch !== place.epoch) ? place : null;
  }

  #back(room: string, what: string, epoch: number, seq: number, place: Place): void {
    this.#report('P12', `${this.#name}: ${what} ${room} ${epoch}/${seq} after ${place.epoch}/${place.seq}`);
  }
}
