/**
 * All rooms of this node: takes joins from the gateway and messages from other nodes to the room that they are for,
 * and tells rooms what happens to the nodes that they depend on.
 */
import { unreachable } from '../base/assert.ts';
import type { Timer } from '../base/clock.ts';
import { Slots } from '../base/slots.ts';
import type { DeathProof, NodeKey } from '../cluster/ports.ts';
import { roomType } from '../protocol/limits.ts';
import type { Reader } from '../protocol/reader.ts';
import { encodeError } from '../protocol/server-frame.ts';
import { detachEdge } from './attach.ts';
import { type HandOverPart, readHandOver } from './hand-over-message.ts';
import { HandedTails } from './handed-tails.ts';
import { LocalRoom } from './local-room.ts';
import type { LocalSeat } from './local-seat.ts';
import type { Connection, JoinRequest, Rooms } from './ports.ts';
import { receiveAsEdge, receiveAsOwner } from './receive.ts';
import type { RegistryContext } from './registry-context.ts';
import { holeMessage, RELAY, wholeMessage } from './relay-message.ts';
import { leaveBehind } from './release.ts';
import { proofToTakeOver, refuseHandOver } from './resolve.ts';
import type { RoomTypes } from './types.ts';

const SWEEP_MS = 250;
const TOUCH_MS = 10_000;
/** Claims under way: enough to keep Redis busy over a slow network, and 16 MB of rooms of 64 KiB (a guess). */
const CLAIMS_MAX = 256;

/** That node has a connection of a session with this generation. */
type OnSession = (from: NodeKey, sid: string, generation: number) => void;

export class Registry implements Rooms {
  readonly #rooms = new Map<string, LocalRoom>();
  readonly #graceWatched = new Set<LocalRoom>();
  readonly #types: RoomTypes;
  readonly #context: RegistryContext;
  readonly #timers: Timer[] = [];
  #claims = 0;
  #epochSeen = 0;
  #stopped = false;

  constructor(
    types: RoomTypes,
    context: Omit<
      RegistryContext,
      'drop' | 'watchGrace' | 'isStopped' | 'halfTaken' | 'claiming' | 'handed' | 'epochSeen' | 'nextAttempt'
    >,
  ) {
    this.#types = types;
    this.#context = {
      ...context,
      halfTaken: new Set(),
      claiming: new Slots(CLAIMS_MAX),
      handed: new HandedTails(context.rooms.clock),
      epochSeen: () => this.#epochSeen,
      nextAttempt: () => ++this.#claims,
      isStopped: () => this.#stopped,
      drop: (room) => this.#drop(room),
      watchGrace: (room) => void this.#graceWatched.add(room),
    };
  }

  start(): void {
    const { clock, snapshotter } = this.#context.rooms;
    this.#timers.push(
      clock.every(SWEEP_MS, () => this.#sweep()),
      clock.every(TOUCH_MS, () => snapshotter.touchStale()),
    );
  }

  /** Gives every owned room back, so that the nodes of its members can claim it at once. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    await Promise.all([...this.#rooms.values()].map((room) => leaveBehind(room, this.#context)));
    this.#context.rooms.snapshotter.stop();
    this.#context.rooms.flusher.stop();
  }

  /** The node was alone and has found its cluster: each room is claimed there, with what it holds where that is new. */
  rejoin(): void {
    for (const room of this.#rooms.values()) room.rejoin();
  }

  /**
   * Others may own our rooms by now: each is written to the store, which tells. A room that never writes would not learn it.
   * A strict one is claimed again before it goes on.
   */
  verify(): void {
    for (const room of this.#rooms.values()) {
      if (room.owner?.feed.isTenured !== false) continue;
      this.#context.rooms.counters.tenuresLost++;
      room.claimAnew(room.owner, 'unknown');
    }
    this.#context.rooms.snapshotter.touchAll();
  }

  /** Logs go on, and as the store may have lost what it had of our rooms, each is written whole. */
  storeReturned(): void {
    this.#context.rooms.flusher.storeReturned();
    this.#context.rooms.snapshotter.rewriteAll();
  }

  /** Rooms with changes that the store does not have yet. */
  get unwritten(): number {
    return this.#context.rooms.snapshotter.unwritten;
  }

  /** Frames of `log` rooms that wait for the log. */
  get framesHeld(): number {
    return this.#context.rooms.flusher.waiting;
  }

  rooms(): IterableIterator<LocalRoom> {
    return this.#rooms.values();
  }

  get(name: string): LocalRoom | undefined {
    return this.#rooms.get(name);
  }

  join(connection: Connection, request: JoinRequest): void {
    const room = this.#open(request.room);
    if (room) return room.join(connection, request);
    const { req, room: name } = request;
    connection.send(encodeError('bad-room', 'rooms of this type are not served here', { req, room: name }));
  }

  disconnect(connection: Connection): void {
    // Seats here are always our own; the gateway knows them by a narrower type.
    for (const seat of [...connection.seats] as LocalSeat[]) this.#rooms.get(seat.room)?.disconnected(seat);
  }

  /** One message of another node: reads exactly one value. */
  receive(from: NodeKey, message: Reader, onSession: OnSession): void {
    message.array('message');
    const op = message.uint('op');
    const name = message.str('room');
    switch (op) {
      case RELAY.hole:
        return this.#attachAll(from);
      case RELAY.whole:
        return this.#dropStale(from);
      case RELAY.handOver:
        return this.#handedOver(name, readHandOver(message));
      case RELAY.session:
        return onSession(from, message.str('sid'), message.uint('generation'));
      default:
        if (op < RELAY.frame)
          receiveAsOwner(op, message, from, name, this.#roomFor(op, name), this.#context.rooms.post);
        else receiveAsEdge(op, message, from, this.#rooms.get(name), name, this.#context.rooms.post);
    }
  }

  /** Packets of that node were lost: what it owns for us is attached again, and it attaches what we own for it. */
  missed(from: NodeKey): void {
    for (const room of this.#rooms.values()) {
      const edge = room.owner?.feed.edges.get(from);
      if (edge) edge.isStale = true;
    }
    this.#context.rooms.post.post(from, holeMessage);
    this.#attachAll(from);
  }

  /** That life of a node is over, as far as that is sure. */
  nodeDown(node: NodeKey, proof: DeathProof): void {
    for (const room of [...this.#rooms.values()]) {
      const { role } = room;
      switch (role.kind) {
        case 'owner':
          detachEdge(role.owner, node);
          break;
        case 'edge':
          if (role.edge.owner !== node) break;
          if (proof === 'certain' || proofToTakeOver(room.type) === proof) room.resolve(node);
          break;
        case 'resolving':
        case 'releasing':
          break;
        default:
          unreachable(role);
      }
    }
  }

  #handedOver(name: string, part: HandOverPart): void {
    this.#context.handed.keep(name, part);
    if (part.more) return;
    if (this.#stopped || !this.#types.get(roomType(name))) return void refuseHandOver(name, this.#context);
    const room = this.#rooms.get(name);
    if (room?.role.kind === 'edge') room.resolve();
    else if (!room) this.#open(name);
  }

  /** A peer asks for a room that it takes us for the owner of; whether we are, the directory knows. */
  #roomFor(op: number, name: string): LocalRoom | null {
    return op === RELAY.join || op === RELAY.attach ? this.#open(name) : (this.#rooms.get(name) ?? null);
  }

  #open(name: string): LocalRoom | null {
    let room = this.#rooms.get(name);
    if (room) return room;
    const type = this.#types.get(roomType(name));
    if (!type) return null;
    room = new LocalRoom(name, type, this.#context);
    this.#rooms.set(name, room);
    room.resolve();
    return room;
  }

  #attachAll(owner: NodeKey): void {
    for (const { role } of this.#rooms.values()) {
      if (role.kind === 'edge' && role.edge.owner === owner) role.edge.attach();
    }
    this.#context.rooms.post.post(owner, wholeMessage);
  }

  #dropStale(node: NodeKey): void {
    for (const { owner } of this.#rooms.values()) {
      if (owner?.feed.edges.get(node)?.isStale) detachEdge(owner, node);
    }
  }

  #drop(room: LocalRoom): void {
    const { role, past } = room;
    this.#epochSeen = Math.max(this.#epochSeen, (role.kind === 'edge' ? role.edge : past).epochSeen);
    if (this.#rooms.get(room.room) === room) this.#rooms.delete(room.room);
    this.#graceWatched.delete(room);
  }

  #sweep(): void {
    this.#context.handed.sweep();
    const now = this.#context.rooms.clock.now();
    for (const room of this.#graceWatched) {
      if (!room.owner?.sweepGrace(now)) this.#graceWatched.delete(room);
    }
  }
}
