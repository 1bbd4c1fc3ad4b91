/**
 * One Redis server: the twin's data under a clock of its own, the connections that it knows of, and for each room a mark
 * of what its data are made of, which the checkers read. Each operation is served whole, as a Lua script is.
 */
import { must } from '../../../src/base/assert.ts';
import { MemoryMailboxHub } from '../../../src/cluster/memory-mailbox.ts';
import { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { Claim, ClaimRequest, NodeKey, NodeRecord, Renewal } from '../../../src/cluster/ports.ts';
import { memoryPorts, type StorePorts } from '../../../src/node/store-ports.ts';
import type { Commit, CommitResult, LogAppend, WriteResult } from '../../../src/room/ports.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { type Kept, NO_MARK, type RoomMark, type StoreWitness } from './room-mark.ts';
import { ServerClock } from './server-clock.ts';
import { Subscribers } from './subscribers.ts';

export interface StoreSocket {
  readonly node: NodeKey;
  /** The server has closed it; `isTold` where its kernel says so. */
  lost(isTold: boolean): void;
}

/** `full`: it has no room for writes (OOM, MISCONF), all else works. */
export type ServerState = 'serving' | 'read-only' | 'full' | 'away';

/** What the write just served has touched. */
export type Touched = { readonly kind: 'room' | 'node' | 'session'; readonly key: string };

/** An error reply. */
export class StoreRefusal extends Error {
  readonly isReadOnly: boolean;

  constructor(text: string) {
    super(text);
    this.isReadOnly = text.startsWith('READONLY');
  }
}

export class StoreServer {
  readonly name: string;
  readonly clock: ServerClock;
  readonly store: MemoryStore;
  readonly ports: StorePorts;
  readonly marks = new Map<string, RoomMark>();
  readonly touched = new Map<string, Touched>();
  subscribers: Subscribers;
  state: ServerState = 'serving';
  life = 1;
  readonly #world: VirtualClock;
  readonly #witness: StoreWitness;
  readonly #onWrite: (touched: Touched) => void;
  readonly #sockets = new Set<StoreSocket>();

  constructor(
    name: string,
    world: VirtualClock,
    behindMs: number,
    witness: StoreWitness,
    onWrite: (touched: Touched) => void,
  ) {
    this.name = name;
    this.clock = new ServerClock(world, -behindMs);
    this.store = new MemoryStore(this.clock);
    this.subscribers = new Subscribers(world);
    this.ports = memoryPorts(this.store, new MemoryMailboxHub(world));
    this.#world = world;
    this.#witness = witness;
    this.#onWrite = onWrite;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  opened(socket: StoreSocket): void {
    this.#sockets.add(socket);
  }

  closed(socket: StoreSocket): void {
    this.#sockets.delete(socket);
  }

  /** As `CLIENT LIST` shows them. */
  isConnected(node: NodeKey): boolean {
    for (const socket of this.#sockets) if (socket.node === node) return true;
    return false;
  }

  /** As `CLIENT KILL` does; all of them where no node is named. */
  closeSockets(node: NodeKey | null, isTold = true): void {
    for (const socket of [...this.#sockets]) {
      if (node !== null && socket.node !== node) continue;
      this.#sockets.delete(socket);
      socket.lost(isTold);
    }
  }

  /** It is gone, with all connections; `isTold`: its host lives and says so. */
  goAway(isTold: boolean): void {
    this.state = 'away';
    this.life++;
    this.closeSockets(null, isTold);
    this.subscribers = new Subscribers(this.#world);
  }

  clear(): void {
    this.store.clear();
    this.marks.clear();
    this.touched.clear();
  }

  mark(room: string): RoomMark {
    return this.marks.get(room) ?? NO_MARK;
  }

  async renew(self: NodeRecord, ttlMs: number): Promise<Renewal> {
    this.#write();
    const renewal = await this.ports.nodes.renew(self, ttlMs);
    this.#touch('node', self.id);
    return renewal;
  }

  async remove(node: NodeKey): Promise<void> {
    this.#write();
    await this.ports.nodes.remove(node);
    this.#touch('node', node.slice(0, node.lastIndexOf(':')));
  }

  async claim(request: ClaimRequest): Promise<Claim> {
    this.#write();
    const { room } = request;
    const { kept } = this.mark(room);
    const claim = await this.ports.directory.claim(request);
    if (claim.kind === 'owned') this.#marked(room, { epoch: claim.epoch, kept });
    this.#witness.claimed(request, claim, kept);
    return claim;
  }

  async transfer(room: string, self: NodeKey, epoch: number, to: NodeKey, ttlMs: number): Promise<boolean> {
    this.#write();
    const isDone = await this.ports.directory.transfer(room, self, epoch, to, ttlMs);
    if (isDone) this.#marked(room, this.mark(room));
    this.#witness.transferred(room, self, epoch, to, isDone);
    return isDone;
  }

  async release(room: string, self: NodeKey, epoch: number, ttlMs: number): Promise<boolean> {
    this.#write();
    const isDone = await this.ports.directory.release(room, self, epoch, ttlMs);
    const { kept } = this.mark(room);
    if (isDone) this.#marked(room, { epoch, kept: ttlMs > 0 ? kept : null });
    this.#witness.released(room, self, epoch, ttlMs, isDone);
    return isDone;
  }

  async commit(batch: readonly Commit[]): Promise<readonly CommitResult[]> {
    this.#write();
    const results = await this.ports.snapshots.commit(batch);
    for (const [i, commit] of batch.entries()) this.#written(commit, results[i] ?? 'fenced', this.#witness.committed);
    return results;
  }

  async append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]> {
    this.#write();
    const results = await this.ports.log.append(batch);
    for (const [i, append] of batch.entries()) this.#written(append, results[i] ?? 'fenced', this.#witness.appended);
    return results;
  }

  async openSession(sid: string, generation: number, ttlMs: number): Promise<number> {
    this.#write();
    const given = await this.ports.sessions.open(sid, generation, ttlMs);
    this.#touch('session', sid);
    return given;
  }

  #written<T extends Commit | LogAppend, R extends CommitResult>(
    write: T,
    result: R,
    tell: (write: T, result: R, kept: Kept | null) => void,
  ): void {
    const { room, epoch } = write;
    const before = this.mark(room);
    if (result === 'written') this.#marked(room, { epoch: before.epoch, kept: this.#keptAfter(room, epoch, before) });
    tell(write, result, this.mark(room).kept);
  }

  /** Up to where the data now go, and in which epoch that end was written. */
  #keptAfter(room: string, epoch: number, before: RoomMark): Kept {
    const stored = must(this.store.rooms.get(room), 'a room that was just written');
    const last = stored.log.at(-1);
    if (last && last.seq > (stored.seq ?? 0)) return { epoch: last.epoch, seq: last.seq };
    const seq = stored.seq ?? 0;
    // A write that came behind a later one of its epoch has changed nothing.
    return before.kept?.seq === seq && before.kept.epoch === epoch ? before.kept : { epoch, seq };
  }

  #marked(room: string, mark: Omit<RoomMark, 'writes'>): void {
    const { epoch, kept } = mark;
    this.marks.set(room, { epoch, kept, writes: this.mark(room).writes + 1 });
    this.#touch('room', room);
  }

  #touch(kind: Touched['kind'], key: string): void {
    const touched = { kind, key };
    this.touched.set(`${kind} ${key}`, touched);
    this.#onWrite(touched);
  }

  #write(): void {
    if (this.state === 'read-only') throw new StoreRefusal("READONLY You can't write against a read only replica.");
    if (this.state === 'full') throw new StoreRefusal("OOM command not allowed when used memory > 'maxmemory'.");
  }
}
