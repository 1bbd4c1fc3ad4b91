/**
 * What a room type is: the API that game code writes against (DESIGN 7). `defineRoom` is exported by the package.
 */
import type { ErrorCode } from '../protocol/codes.ts';

/** Where a room's events are kept: nowhere, in debounced snapshots, or in a log before they are done (P18). */
export type Durability = 'none' | 'snapshot' | 'log';

/** Why a member left: by itself, its grace time ran out, or the room removed it. */
export type LeaveReason = 'left' | 'timeout' | 'removed';

/** A member as handlers see it. */
export interface RoomMember {
  /** ≥ 1, never reused in this room. */
  readonly number: number;
  /** The token's `sub`, or `guest:` and eight characters. */
  readonly user: string;
  /** The `meta` of the JOIN that made the membership. */
  readonly meta: Uint8Array | null;
  /** False while its connection is lost and the grace time runs. */
  readonly here: boolean;
}

/** The room's shared state, values in MessagePack. Reads see the writes of the same handler. */
export interface TypedState<S> {
  get(key: string): S | undefined;
  /** Throws a rejection `too-large` when the key or the whole state is over its limit. */
  set(key: string, value: S): void;
  delete(key: string): boolean;
  has(key: string): boolean;
  keys(): IterableIterator<string>;
  readonly size: number;
}

/** The room as handlers see it. Valid inside a handler only; nothing here may be called later. */
export interface Room<S = unknown> {
  readonly name: string;
  readonly type: string;
  readonly members: ReadonlyMap<number, RoomMember>;
  readonly state: TypedState<S>;
  /** Milliseconds on the node's clock. */
  now(): number;
  /** An event to every member, in order, with member 0. */
  broadcast(type: string, data: unknown): void;
  /** A DIRECT to one member: outside the sequence, at most once. */
  send(member: RoomMember, type: string, data: unknown): void;
  /** Refuses the command or join that is being handled: nothing of it is kept, the client gets this code. */
  reject(code: ErrorCode, message?: string): never;
  /** Takes the member out (event 2, reason 2). */
  remove(member: RoomMember): void;
  /** Ends the room: everybody gets CLOSED, and the name is free again. */
  close(reason: string): void;
}

/** Handlers run on the owner only, synchronously. One that throws changes nothing; its command gets `internal`. */
export interface RoomHandlers<S = unknown> {
  /** The room was made or taken over; the state is loaded. */
  onCreate?(room: Room<S>): void;
  onJoin?(room: Room<S>, member: RoomMember): void;
  onMessage?(room: Room<S>, member: RoomMember, type: string, data: unknown): void;
  onTick?(room: Room<S>, elapsedMs: number): void;
  onLeave?(room: Room<S>, member: RoomMember, reason: LeaveReason): void;
}

export interface RoomOptions {
  /** `[A-Za-z0-9][A-Za-z0-9_.-]*`: what stands before the first `:` of the room's name. */
  readonly type: string;
  /** Default 1000. */
  readonly membersMax?: number;
  /** Calls of onTick per second while the room has members, 0–1000; default 0: none. */
  readonly ticksPerSec?: number;
  /** Default `snapshot`. */
  readonly durability?: Durability;
  /** What an owner does whose node can't renew its heartbeat: go on, or stand still. Default `available`. */
  readonly onPartition?: 'available' | 'strict';
  /** Whether members see each other: roster and events 1, 2, 4. Default true. */
  readonly presence?: boolean;
  /** How long a lost connection may come back; default the node's GRACE_MS. */
  readonly graceMs?: number;
  /** Whether clients may SET. Default false for a defined room, true for a relay room. */
  readonly membersMaySet?: boolean;
}

export type RoomDefinition<S = unknown> = RoomOptions & RoomHandlers<S>;

/** Checks a definition and returns it. Throws with all problems at once. */
export function defineRoom<S = unknown>(definition: RoomDefinition<S>): RoomDefinition<S> {
  const problems: string[] = [];
  const { type, membersMax = 1, ticksPerSec = 0, graceMs = 0, durability, onPartition } = definition;
  if (typeof type !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(type)) {
    problems.push(`type must be 1-64 of A-Z a-z 0-9 _ . - (got ${JSON.stringify(type)})`);
  }
  if (!Number.isInteger(membersMax) || membersMax < 1) problems.push(`membersMax must be ≥ 1 (got ${membersMax})`);
  if (!(ticksPerSec >= 0 && ticksPerSec <= 1000)) problems.push(`ticksPerSec must be 0–1000 (got ${ticksPerSec})`);
  if (!(graceMs >= 0)) problems.push(`graceMs must be ≥ 0 (got ${graceMs})`);
  if (durability !== undefined && !['none', 'snapshot', 'log'].includes(durability)) {
    problems.push(`durability must be none, snapshot or log (got ${String(durability)})`);
  }
  if (onPartition !== undefined && !['available', 'strict'].includes(onPartition)) {
    problems.push(`onPartition must be available or strict (got ${String(onPartition)})`);
  }
  if (ticksPerSec > 0 && !definition.onTick) problems.push('ticksPerSec is set, but onTick is missing');
  if (problems.length > 0) throw new Error(`room type ${JSON.stringify(type)}: ${problems.join('; ')}`);
  return definition;
}

/** A definition with every default filled in: what rooms run by. */
export interface RoomType {
  readonly name: string;
  readonly membersMax: number;
  readonly ticksPerSec: number;
  readonly durability: Durability;
  readonly onPartition: 'available' | 'strict';
  readonly presence: boolean;
  readonly graceMs: number;
  readonly membersMaySet: boolean;
  /** null: a relay room, which broadcasts what members send. */
  readonly handlers: RoomHandlers | null;
}

const MEMBERS_MAX = 1000;

export function roomTypeOf(definition: RoomDefinition, graceMs: number): RoomType {
  return {
    name: definition.type,
    membersMax: definition.membersMax ?? MEMBERS_MAX,
    ticksPerSec: definition.ticksPerSec ?? 0,
    durability: definition.durability ?? 'snapshot',
    onPartition: definition.onPartition ?? 'available',
    presence: definition.presence ?? true,
    graceMs: definition.graceMs ?? graceMs,
    membersMaySet: definition.membersMaySet ?? false,
    handlers: definition,
  };
}

export function relayType(name: string, durability: Durability, graceMs: number): RoomType {
  return { ...roomTypeOf({ type: name, durability, membersMaySet: true }, graceMs), handlers: null };
}
