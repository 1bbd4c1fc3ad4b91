/**
 * A room at this node, from the first seat or claim until nobody here needs it: its seats, and the role that the node
 * plays in it. Roles change here and nowhere else:
 *
 *   resolving ──claimed──► owner ──fenced──► resolving
 *       └──owned elsewhere──► edge ──owner gone or moved──► resolving
 *   owner ──empty for a while──► releasing ──► gone
 *
 * While the role is open, commands of a first JOIN wait in a bounded queue. Those of seats that were joined before are
 * dropped: the SYNC that follows makes their clients send them again (P17).
 */
import { unreachable } from '../base/assert.ts';
import type { NodeKey } from '../cluster/ports.ts';
import { attachSeats, closeAgain, tellAway } from './attach.ts';
import { DeferredMessages, type Waiting } from './deferred-messages.ts';
import type { RoomType } from './definition.ts';
import { Edge } from './edge.ts';
import { handOver } from './hand-over.ts';
import { KeptCopy, Past } from './kept-copy.ts';
import { LocalSeat, type Place } from './local-seat.ts';
import { Owner } from './owner.ts';
import type { Connection, JoinRequest, LeaveRequest, Position } from './ports.ts';
import type { RegistryContext } from './registry-context.ts';
import { RELAY, roomMessage } from './relay-message.ts';
import { giveUp, releaseEmpty } from './release.ts';
import { resolveOwner } from './resolve.ts';
import { RoomTimers } from './room-timers.ts';
import type { ClaimedRoom } from './snapshot.ts';
import { refuseJoins, WaitingCommands } from './waiting-commands.ts';

export type Role =
  | { readonly kind: 'resolving' }
  | { readonly kind: 'owner'; readonly owner: Owner }
  | { readonly kind: 'edge'; readonly edge: Edge }
  | { readonly kind: 'releasing' };

type CommandOp = typeof RELAY.message | typeof RELAY.patch;

const RESOLVING: Role = { kind: 'resolving' };
const RELEASING: Role = { kind: 'releasing' };
const utf8 = new TextEncoder();

export class LocalRoom implements Place {
  readonly room: string;
  readonly type: RoomType;
  readonly seats = new Map<number, LocalSeat>();
  readonly #nameBytes: Uint8Array;
  readonly #context: RegistryContext;
  readonly #waiting: WaitingCommands;
  readonly #deferred: DeferredMessages;
  #role: Role = RESOLVING;
  /** What it has been at this node, for the next claim. */
  readonly past = new Past();
  readonly #timers: RoomTimers;

  constructor(room: string, type: RoomType, context: RegistryContext) {
    this.room = room;
    this.type = type;
    this.#nameBytes = utf8.encode(room);
    this.#context = context;
    this.#waiting = new WaitingCommands(room);
    this.#deferred = new DeferredMessages(context.options.deferredMax);
    this.#timers = new RoomTimers(room, context.rooms.clock);
  }

  get role(): Role {
    return this.#role;
  }

  get owner(): Owner | null {
    return this.#role.kind === 'owner' ? this.#role.owner : null;
  }

  /** Whether somebody waits for its role, or sits in it, or it may be nowhere but here. */
  get isNeeded(): boolean {
    return this.seats.size > 0 || !this.#deferred.isEmpty || this.past.copy !== null;
  }

  /** Finds out who owns the room. `suspect` is an owner that this node knows to be dead. */
  resolve(suspect: NodeKey | null = null): void {
    if (this.#role.kind === 'edge') this.past.leftEdge(this.#role.edge);
    this.#role = RESOLVING;
    void resolveOwner(this, this.#context, suspect);
  }

  join(connection: Connection, request: JoinRequest): void {
    let seat = this.seats.get(connection.id);
    if (!seat) {
      seat = new LocalSeat(this, this.#nameBytes, connection);
      this.seats.set(connection.id, seat);
      connection.seats.push(seat);
    }
    seat.pending = request;
    if (request.since !== null) this.past.wasThere = true;
    this.#ask(seat, request);
  }

  message(seat: LocalSeat, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const role = this.#role;
    if (role.kind === 'owner') role.owner.commands.message(seat, cseq, bytes, start, end);
    else this.#forward(RELAY.message, seat, cseq, bytes, start, end);
  }

  patch(seat: LocalSeat, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const role = this.#role;
    if (role.kind === 'owner') role.owner.commands.patch(seat, cseq, bytes, start, end);
    else this.#forward(RELAY.patch, seat, cseq, bytes, start, end);
  }

  leave(seat: LocalSeat, request: LeaveRequest): void {
    const role = this.#role;
    if (role.kind === 'owner') role.owner.leave(seat, request);
    else if (role.kind === 'edge') role.edge.leave(seat, request);
    // Otherwise it is asked when the role is known: the seat says that it is leaving.
  }

  position(): Position | null {
    const role = this.#role;
    if (role.kind === 'owner') return { epoch: role.owner.epoch, seq: role.owner.feed.seq };
    return role.kind === 'edge' ? role.edge.position : null;
  }

  /** The seat's connection is lost. */
  disconnected(seat: LocalSeat): void {
    this.owner?.away(seat);
    seat.vacate();
  }

  vacated(seat: LocalSeat): void {
    this.seats.delete(seat.connection.id);
    this.#waiting.forget(seat);
    if (this.#role.kind !== 'edge') return;
    // A JOIN that was refused may have been taken before, its answer held behind the log.
    this.#role.edge.away(seat);
    if (this.seats.size > 0) return;
    this.#role.edge.detach();
    this.#context.drop(this);
  }

  /** Runs a message of another node now, or when the role is known. False where too many wait for that. */
  whenResolved(task: () => void, waiting: Waiting): boolean {
    if (this.#role.kind !== 'owner' && this.#role.kind !== 'edge') return this.#deferred.add(task, waiting);
    task();
    return true;
  }

  becomeOwner(loaded: ClaimedRoom): void {
    const owner = new Owner(this.room, this.type, loaded, this.#context.rooms, {
      onFenced: () => this.demote(owner),
      onOutdated: (epoch) => this.#outdated(owner, epoch),
      onOccupied: (occupied) => this.#occupied(owner, occupied),
      onAway: () => this.#context.watchGrace(this),
      onClosed: (frame) => this.#closed(owner, frame),
    });
    this.#role = { kind: 'owner', owner };
    this.past.ownsIn(owner.epoch);
    this.#context.rooms.snapshotter.track(owner);
    owner.created();
    if (owner.roster.size > 0) this.#context.watchGrace(this);
    this.#occupied(owner, owner.roster.size > 0);
    attachSeats(owner, this.seats.values(), this.past.at, this.#context.rooms.publisher);
    if (loaded.before) tellAway(owner);
    if (loaded.closing !== null) closeAgain(owner, this.past.dropCopy(), loaded.closing);
    this.#decided();
  }

  becomeEdge(node: NodeKey): void {
    const edge = new Edge(this.room, node, this.#context.edgePorts, this.seats, this.past);
    this.#role = { kind: 'edge', edge };
    if (this.seats.size === 0) {
      this.#decided();
      if (this.#role.kind === 'edge') this.#context.drop(this);
      return;
    }
    edge.start();
    this.#decided();
  }

  refuseWaiting(text: string): void {
    refuseJoins(this.room, this.seats.values(), text);
  }

  /** The directory has it that another node owns the room, or nobody: everybody here goes where it is. */
  demote(owner: Owner): void {
    if (this.owner === owner) this.claimAnew(owner, 'fenced');
  }

  /**
   * The directory that made us the owner was this node's own memory. The shared one decides anew: a room that it does
   * not know goes on with what is here, one that it knows goes on from there. Either way the members get SYNC.
   */
  rejoin(): void {
    const { owner } = this;
    owner?.flush();
    // Its last words may have closed it.
    if (owner && this.owner === owner) this.claimAnew(owner, 'alone');
  }

  /** A member of the room has seen a later epoch: the directory lost it, and its clock is behind. */
  #outdated(owner: Owner, epoch: number): void {
    if (this.owner !== owner) return;
    this.past.sawEpoch(epoch);
    this.claimAnew(owner, 'outdated');
  }

  /** Whose the room is, the directory says. */
  claimAnew(owner: Owner, why: 'fenced' | 'outdated' | 'alone' | 'unknown'): void {
    if (why === 'fenced') {
      this.#context.rooms.counters.fenced++;
      this.past.wasFenced = true;
    }
    const isShared = why !== 'alone';
    this.past.stoodAt(isShared ? owner.feed.told : null);
    owner.feed.suspend(owner.outbox);
    this.past.copy = new KeptCopy(owner, isShared);
    this.#stop(owner);
    this.resolve();
  }

  /** Nothing changes any more: what a tick did from here on would be told and not be in the last commit. */
  beginRelease(owner: Owner): void {
    this.#timers.stop();
    owner.flush();
    owner.isGivenUp = true;
    this.#role = RELEASING;
  }

  /** Another node takes the room on. */
  async handOver(to: NodeKey): Promise<void> {
    if (this.owner) await handOver(this, this.owner, to, this.#context);
  }

  /** Gives the room back if it is empty. */
  async releaseIfEmpty(): Promise<void> {
    const { owner } = this;
    if (owner?.roster.size !== 0) return;
    if (owner.feed.isHolding) this.#occupied(owner, false);
    else await releaseEmpty(this, owner, this.#context);
  }

  resolveIfNeeded(): void {
    if (this.isNeeded) this.resolve();
    else this.#context.drop(this);
  }

  #ask(seat: LocalSeat, request: JoinRequest): void {
    const role = this.#role;
    switch (role.kind) {
      case 'owner':
        return role.owner.join(seat, request);
      case 'edge':
        if (this.#context.edgePorts.post.isUp) return role.edge.join(seat, request);
        return this.refuseWaiting("the room's owner can't be reached now");
      case 'resolving':
      case 'releasing':
        return;
      default:
        return unreachable(role);
    }
  }

  #forward(op: CommandOp, seat: LocalSeat, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    if (this.#role.kind === 'edge') return this.#role.edge.command(op, seat, cseq, bytes, start, end);
    if (seat.topic !== null) return;
    this.#waiting.add(seat, op, cseq, bytes.slice(start, end));
  }

  #decided(): void {
    for (const edge of this.past.dropCopy()) this.#context.rooms.post.post(edge, roomMessage(RELAY.moved, this.room));
    this.#waiting.run(this);
    this.#deferred.run();
  }

  #occupied(owner: Owner, isOccupied: boolean): void {
    if (isOccupied) this.#timers.tick(this.type.ticksPerSec, (elapsedMs) => owner.tick(elapsedMs));
    else this.#timers.idle(this.#context.options.roomIdleMs, () => void this.releaseIfEmpty());
  }

  #closed(owner: Owner, frame: Uint8Array): void {
    for (const edge of owner.feed.edges.values()) edge.closed(frame);
    for (const seat of [...this.seats.values()]) {
      if (seat.topic !== null) seat.closed(frame);
    }
    void giveUp(this, owner, this.#context);
  }

  /** Stops everything that the owner has running, and what it has to say is over. */
  retire(owner: Owner): void {
    owner.feed.close();
    this.#stop(owner);
  }

  #stop(owner: Owner): void {
    this.#context.rooms.snapshotter.forget(owner);
    this.#timers.stop();
    // They were its links; at an edge they are nobody's.
    for (const seat of this.seats.values()) seat.member = 0;
  }
}
