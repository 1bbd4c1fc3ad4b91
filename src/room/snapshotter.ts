/**
 * Debounced snapshots: a changed room is committed `debounceMs` after its last change, at most `latestMs` after its
 * first, together with all rooms that are due, in one pipeline. Only what changed is written. A room that does not
 * change is touched before its time to live runs out.
 *
 * Commits of one room never overlap. That of a `log` room goes out behind the frames that it holds: otherwise a crash in
 * between could leave a command done whose event nobody has (P18). When the store can't be reached, what was taken is marked again and tried later;
 * where it refuses one room, that room alone is. When it answers `fenced`, the owner is told at once.
 */
import { must } from '../base/assert.ts';
import { fullJitterMs } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';
import type { NodeKey } from '../cluster/ports.ts';
import { behindLog } from './behind-log.ts';
import { commitOne } from './commit-one.ts';
import type { Owner } from './owner.ts';
import type { CommitResult, SnapshotStore, WriteResult } from './ports.ts';
import { type PendingCommit, type Storable, takeCommit } from './snapshot.ts';
import { forgetMarks, newlyTracked, type Tracked } from './tracked.ts';

export interface SnapshotterOptions {
  readonly debounceMs: number;
  readonly latestMs: number;
  /** Time to live of a room with members, and of one without. */
  readonly ttlActiveMs: number;
  readonly ttlWaitingMs: number;
}

/**
 * A room that does not change is touched this often. A node that was taken for dead and lives (the clock of Redis was set,
 * its data were lost) is told by nobody that another one owns its rooms (guess: 100,000 such rooms are 3,000 calls a second).
 */
const QUIET_MAX_MS = 30_000;
/** Rooms in one call of the store: bounds a pipeline to a few megabytes (guess). */
const BATCH_MAX = 256;
/** Such calls under way; more rooms wait for the next tick. After an outage all of them are due, and whole. */
const CALLS_MAX = 4;
const RETRY_BASE_MS = 250;
const RETRY_MAX_MS = 5000;
/** Rooms refused at one time that the log names one by one; a store without memory refuses all of them. */
const REFUSED_NAMED_MAX = 10;
/** Changed keys and members beyond which a room is written whole: the store is away, or slower than the changes (guess). */
const MARKS_MAX = 10_000;

export class Snapshotter {
  readonly #self: NodeKey;
  readonly #store: SnapshotStore;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #options: SnapshotterOptions;
  readonly #tracked = new Map<Owner, Tracked>();
  readonly #dirty = new Set<Owner>();
  #timer: Timer | null = null;
  #failures = 0;
  #notBefore = 0;
  #refused = 0;
  #calls = 0;

  constructor(
    self: NodeKey,
    store: SnapshotStore,
    clock: Clock,
    rng: Rng,
    log: Logger,
    counters: Counters,
    options: SnapshotterOptions,
  ) {
    this.#self = self;
    this.#store = store;
    this.#clock = clock;
    this.#rng = rng;
    this.#log = log;
    this.#counters = counters;
    this.#options = options;
  }

  track(owner: Owner): void {
    this.#tracked.set(owner, newlyTracked(this.#clock.now()));
  }

  /** Rooms with changes that the store does not have yet. */
  get unwritten(): number {
    let count = 0;
    for (const [owner, { firstAt, committing }] of this.#tracked) {
      if (owner.type.durability !== 'none' && (firstAt !== null || committing)) count++;
    }
    return count;
  }

  forget(owner: Owner): void {
    if (this.#tracked.get(owner)?.refusals) this.#refused--;
    this.#tracked.delete(owner);
    this.#dirty.delete(owner);
  }

  /** The room changed. */
  mark(owner: Owner): void {
    const tracked = this.#tracked.get(owner);
    if (!tracked) return;
    if (owner.type.durability === 'none') return forgetMarks(owner);
    // The whole room needs no marks. A commit under way may still fail and need those that come now.
    if (owner.state.dirty.size + owner.roster.dirty.size > MARKS_MAX && !tracked.committing) tracked.whole = true;
    if (tracked.whole && !tracked.committing) forgetMarks(owner);
    this.#markAt(owner, tracked);
  }

  /** Commits the room, changed or not: the store then tells whether it is still ours. */
  touch(owner: Owner): void {
    const tracked = this.#tracked.get(owner);
    if (tracked) this.#markAt(owner, tracked);
  }

  /** At that time, or later, the store had the room as this owner's. */
  writtenAt(owner: Owner): number {
    return this.#tracked.get(owner)?.committedAt ?? Number.NEGATIVE_INFINITY;
  }

  /** Commits every room, changed or not. */
  touchAll(): void {
    for (const [owner, tracked] of this.#tracked) this.#markAt(owner, tracked);
  }

  /** Commits every room whole and at once: of what the store took before some may be gone, and changes would not do. */
  rewriteAll(): void {
    this.#notBefore = 0;
    for (const [owner, tracked] of this.#tracked) {
      tracked.whole = true;
      this.mark(owner);
    }
  }

  /** Commits rooms that were not written for long: their time to live must not run out, and the answer tells whose they are. */
  touchStale(): void {
    const now = this.#clock.now();
    const touchAfterMs = Math.min(this.#options.ttlActiveMs / 3, this.#options.ttlWaitingMs / 3, QUIET_MAX_MS);
    for (const [owner, tracked] of this.#tracked) {
      if (tracked.firstAt === null && now - tracked.committedAt > touchAfterMs) this.#markAt(owner, tracked);
    }
  }

  /** Writes the last changes of a room that is being given up. Rejects when the store can't be reached. */
  async commitNow(owner: Owner): Promise<WriteResult> {
    const tracked = this.#tracked.get(owner) ?? { ...newlyTracked(this.#clock.now()), whole: true };
    owner.flush();
    const take = (): PendingCommit => takeCommit(owner, this.#self, tracked.whole, this.#ttlMs(owner));
    const pending = await behindLog(owner, this.#clock, take, (taken) => taken.restore());
    const result = await commitOne(this.#store, pending, this.#counters);
    if (result !== 'behind') return result;
    tracked.whole = true;
    return this.commitNow(owner);
  }

  /** Writes a room whole that nothing tracks yet. Rejects when the store can't be reached. */
  async writeWhole(room: Storable): Promise<'written' | 'fenced'> {
    const result = await commitOne(this.#store, takeCommit(room, this.#self, true, this.#ttlMs(room)), this.#counters);
    return result === 'written' ? result : 'fenced';
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#tracked.clear();
    this.#dirty.clear();
  }

  #markAt(owner: Owner, tracked: Tracked): void {
    const now = this.#clock.now();
    tracked.firstAt ??= now;
    tracked.lastAt = now;
    this.#dirty.add(owner);
    const tickMs = Math.max(10, this.#options.debounceMs / 4);
    this.#timer ??= this.#clock.every(tickMs, () => this.#tick());
  }

  #tick(): void {
    const now = this.#clock.now();
    if (this.#dirty.size === 0) {
      this.#timer?.cancel();
      this.#timer = null;
      return;
    }
    if (now < this.#notBefore) return;
    const batch: Owner[] = [];
    for (const owner of this.#dirty) {
      if (this.#calls >= CALLS_MAX) break;
      const tracked = this.#tracked.get(owner);
      if (!tracked || tracked.firstAt === null || tracked.committing || now < tracked.notBefore) continue;
      // Its last commit is under way.
      if (owner.isGivenUp) continue;
      const quiet = now - tracked.lastAt >= this.#options.debounceMs;
      if (!quiet && now - tracked.firstAt < this.#options.latestMs) continue;
      // What handlers and sweeps did in this turn is in the state already; its events get their seq now.
      owner.flush();
      if (owner.feed.isWaiting) {
        this.#commitBehindLog(owner, tracked);
        continue;
      }
      batch.push(owner);
      if (batch.length === BATCH_MAX) void this.#commitBatch(batch.splice(0));
    }
    if (batch.length > 0) void this.#commitBatch(batch);
  }

  async #commitBatch(owners: readonly Owner[]): Promise<void> {
    this.#calls++;
    const pending = owners.map((owner) => this.#take(owner));
    await this.#commit(owners, pending);
    this.#calls--;
  }

  #commitBehindLog(owner: Owner, tracked: Tracked): void {
    tracked.committing = true;
    owner.answer(() => {
      const pending = this.#take(owner);
      return () => void this.#commit([owner], [pending]);
    });
  }

  /** Never rejects. */
  async #commit(owners: readonly Owner[], pending: readonly PendingCommit[]): Promise<void> {
    const sentAt = this.#clock.now();
    try {
      const results = await this.#store.commit(pending.map(({ commit }) => commit));
      this.#failures = 0;
      for (const [i, owner] of owners.entries()) {
        this.#answered(owner, must(pending[i], 'its commit'), results[i], sentAt);
      }
    } catch (cause) {
      this.#failed(owners, pending, cause);
    }
  }

  #answered(owner: Owner, pending: PendingCommit, result: CommitResult | undefined, sentAt: number): void {
    if (result === 'failed') this.#counters.commitsFailed++;
    else this.#counters.commits++;
    const tracked = this.#tracked.get(owner);
    if (!tracked) return;
    tracked.committing = false;
    if (result === 'failed') return this.#refuse(owner, tracked, pending);
    if (tracked.refusals > 0) {
      this.#refused--;
      tracked.refusals = 0;
      this.#log.info({ room: owner.room }, 'the store takes a room again');
    }
    tracked.committedAt = sentAt;
    if (result === 'behind') {
      tracked.whole = true;
      return this.#markAt(owner, tracked);
    }
    if (result !== 'written') return owner.events.onFenced();
    if (pending.commit.whole) tracked.whole = false;
  }

  #refuse(owner: Owner, tracked: Tracked, pending: PendingCommit): void {
    if (tracked.refusals === 0 && this.#refused++ < REFUSED_NAMED_MAX) {
      this.#log.warn({ room: owner.room }, 'the store refuses to write a room; trying on');
    }
    const waitMs = fullJitterMs(tracked.refusals++, RETRY_BASE_MS, RETRY_MAX_MS, this.#rng);
    tracked.notBefore = this.#clock.now() + waitMs;
    pending.restore();
    this.#markAt(owner, tracked);
  }

  #take(owner: Owner): PendingCommit {
    const tracked = this.#tracked.get(owner);
    if (tracked) {
      tracked.firstAt = null;
      tracked.committing = true;
    }
    this.#dirty.delete(owner);
    return takeCommit(owner, this.#self, tracked?.whole ?? false, this.#ttlMs(owner));
  }

  #failed(owners: readonly Owner[], pending: readonly PendingCommit[], cause: unknown): void {
    if (this.#failures === 0) this.#log.warn({ err: cause, rooms: owners.length }, 'snapshots not written; trying on');
    this.#notBefore = this.#clock.now() + fullJitterMs(this.#failures++, RETRY_BASE_MS, RETRY_MAX_MS, this.#rng);
    this.#counters.commitsFailed += owners.length;
    for (const [i, owner] of owners.entries()) {
      pending[i]?.restore();
      const tracked = this.#tracked.get(owner);
      if (!tracked) continue;
      tracked.committing = false;
      this.#markAt(owner, tracked);
    }
  }

  #ttlMs(owner: Pick<Owner, 'roster'>): number {
    return owner.roster.size > 0 ? this.#options.ttlActiveMs : this.#options.ttlWaitingMs;
  }
}
