/**
 * A room at a node that does not own it: forwards the commands of its members to the owner and brings the owner's
 * frames, byte for byte, to its sockets. Holds no state and no history, only its place in the sequence.
 *
 * Frames that do not follow that place are not published. The edge then attaches again, and the owner sends what is
 * missing or a fresh start. Nothing is timed here: lost packets are noticed by their counters (`Peers`).
 */
import type { NodeKey } from '../cluster/ports.ts';
import { encodeError, encodePosition } from '../protocol/server-frame.ts';
import type { Post } from './edge-link.ts';
import type { Past } from './kept-copy.ts';
import type { LocalSeat } from './local-seat.ts';
import type { RoomView } from './member-link.ts';
import type { JoinRequest, LeaveRequest, Position, Publisher } from './ports.ts';
import { RELAY, roomMessage } from './relay-message.ts';
import type { readFrame, readJoined, SyncTarget } from './relay-to-edge.ts';
import { attachMessage, awayMessage, commandMessage, joinMessage, leaveMessage } from './relay-to-owner.ts';

export interface EdgePorts {
  readonly post: Post & { readonly isUp: boolean };
  readonly publisher: Publisher;
}

/** Beyond every event: who stands there gets a fresh start. */
const NOWHERE = Number.MAX_SAFE_INTEGER;

export class Edge {
  readonly owner: NodeKey;
  readonly #room: string;
  readonly #ports: EdgePorts;
  readonly #seats: ReadonlyMap<number, LocalSeat>;
  /** null until the owner's first answer says where the room stands; under an owner before, until that of this one. */
  #at: Position | null;
  #attaching = false;
  /** The owner has answered as one. */
  isHeard = false;
  /** An owner of an earlier epoch than this node has seen is outdated, and learns it by our ATTACH. */
  #epochSeen: number;

  /** `at` is where those who have joined stand. */
  constructor(
    room: string,
    owner: NodeKey,
    ports: EdgePorts,
    seats: ReadonlyMap<number, LocalSeat>,
    { at, epochSeen }: Pick<Past, 'at' | 'epochSeen'>,
  ) {
    this.#room = room;
    this.owner = owner;
    this.#ports = ports;
    this.#seats = seats;
    this.#at = at;
    this.#epochSeen = epochSeen;
  }

  get position(): Position | null {
    return this.#at;
  }

  /** The highest epoch that this node has seen of the room. */
  get epochSeen(): number {
    return Math.max(this.#epochSeen, this.#at?.epoch ?? 0);
  }

  /** Where nobody has joined yet, the answer to the first JOIN says where the room stands. */
  start(): void {
    if ([...this.#seats.values()].some(({ topic }) => topic !== null)) return this.attach();
    this.#at = null;
    this.#askAgain();
  }

  /**
   * Tells the owner who sits here and from where frames are missing, and asks again what is not answered. The owner
   * takes a room that is not attached after a loss for one that this edge has left.
   */
  attach(): void {
    const seats = [...this.#seats.values()].filter((seat) => seat.leaving === null);
    const attachments = seats.map(({ connection, session, me, told }) => ({ conn: connection.id, session, me, told }));
    this.#attaching = true;
    this.#post(attachMessage(this.#room, this.#at ?? { epoch: this.#epochSeen, seq: NOWHERE }, attachments));
    this.#askAgain();
  }

  #askAgain(): void {
    for (const seat of this.#seats.values()) {
      if (seat.leaving !== null) this.leave(seat, seat.leaving);
      if (seat.pending) this.join(seat, seat.pending);
    }
  }

  join(seat: LocalSeat, request: JoinRequest): void {
    this.#post(joinMessage(seat.connection.id, seat.session, request));
  }

  leave(seat: LocalSeat, request: LeaveRequest): void {
    this.#post(leaveMessage(this.#room, seat.connection.id, seat.session, request));
  }

  command(
    op: typeof RELAY.message | typeof RELAY.patch,
    seat: LocalSeat,
    cseq: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (!this.#ports.post.isUp) {
      return seat.send(encodeError('unavailable', null, { room: this.#room, cseq }));
    }
    // Behind a LEAVE it is for the membership that a JOIN asks for.
    const me = seat.leaving === null ? seat.me : 0;
    this.#post(commandMessage(op, this.#room, seat.connection.id, me, cseq, bytes.subarray(start, end)));
  }

  away(seat: LocalSeat): void {
    this.#post(awayMessage(this.#room, seat.connection.id));
  }

  detach(): void {
    this.#post(roomMessage(RELAY.detach, this.#room));
  }

  frame({ epoch, first, last, frame }: ReturnType<typeof readFrame>): void {
    const at = this.#at;
    if (!at || epoch < at.epoch || (epoch === at.epoch && last <= at.seq)) return;
    if (epoch !== at.epoch || first > at.seq + 1) return this.#attachOnce();
    this.#ports.publisher.publish(`${this.#room}#${epoch}`, frame);
    this.#at = { epoch, seq: last };
  }

  /** JOINED for seats that asked. It holds the room at its end; where this edge stands elsewhere, it asks again. */
  joined({ answer, targets }: ReturnType<typeof readJoined>): void {
    const { epoch, end } = answer;
    if (!this.#at && epoch < this.#epochSeen) return this.#attachOnce();
    if (this.#at && (this.#at.epoch !== epoch || this.#at.seq !== end)) return this.#attachOnce();
    this.#at = { epoch, seq: end };
    this.isHeard = true;
    for (const { conn, req, me, cseq } of targets) this.#seats.get(conn)?.joined(req, me, cseq, answer);
  }

  synced(view: RoomView, isReset: boolean, targets: readonly SyncTarget[]): void {
    const at = this.#at;
    if (at && (view.epoch < at.epoch || (view.epoch === at.epoch && view.seq < at.seq))) return;
    if (!isReset && at && (at.epoch !== view.epoch || at.seq !== view.seq)) return this.#attachOnce();
    this.#at = { epoch: view.epoch, seq: view.seq };
    this.isHeard = true;
    if (isReset) this.#attaching = false;
    const synced = new Set<LocalSeat>();
    for (const { conn, me, cseq } of targets) {
      const seat = this.#seats.get(conn);
      if (!seat) continue;
      seat.synced(view, me, cseq);
      synced.add(seat);
    }
    if (!isReset) return;
    // Joined after the ATTACH was on its way: such a client finds by itself what it missed (P13).
    const position = encodePosition(this.#room, view.epoch, view.seq);
    for (const seat of this.#seats.values()) if (seat.topic !== null && !synced.has(seat)) seat.send(position);
  }

  attached(at: Position): void {
    this.isHeard = true;
    this.#attaching = false;
    if (this.#at && (this.#at.epoch !== at.epoch || this.#at.seq < at.seq)) this.#attachOnce();
  }

  /** The room is over. Seats that still ask wait for the next one of that name, which begins at a place of its own. */
  closed(frame: Uint8Array): void {
    this.#epochSeen = this.epochSeen;
    this.#at = null;
    this.#attaching = false;
    for (const seat of [...this.#seats.values()]) if (seat.topic !== null) seat.closed(frame);
  }

  #attachOnce(): void {
    if (!this.#attaching) this.attach();
  }

  #post(write: ReturnType<typeof attachMessage>): void {
    this.#ports.post.post(this.owner, write);
  }
}
