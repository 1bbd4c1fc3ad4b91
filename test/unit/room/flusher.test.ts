/** What waits for the log, and what happens when that is too much. */
import { describe, expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { seededRng } from '../../../src/base/rng.ts';
import { Flusher, type LogWaiter } from '../../../src/room/flusher.ts';
import type { LogAppend, LogStore, WriteResult } from '../../../src/room/ports.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const MIB = 1024 * 1024;

class Room implements LogWaiter {
  readonly room: string;
  readonly results: WriteResult[] = [];
  isClosed = false;
  #seq = 0;

  constructor(room: string) {
    this.room = room;
  }

  appended(result: WriteResult): void {
    this.results.push(result);
  }

  frame(size: number): LogAppend {
    const seq = ++this.#seq;
    return { room: this.room, owner: 'a:1', epoch: 1, first: seq, seq, frame: new Uint8Array(size), note: null };
  }
}

/** Answers when the test says so. */
class TestLog implements LogStore {
  readonly refused = new Set<string>();
  calls = 0;
  isHung = false;
  #waiting: (() => void)[] = [];

  async append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]> {
    this.calls++;
    if (this.isHung) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return batch.map(({ room }) => (this.refused.has(room) ? 'failed' : 'written'));
  }

  resume(): void {
    this.isHung = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function setUp(intervalMs = 0) {
  const clock = new VirtualClock();
  const log = new TestLog();
  const pace = { intervalMs: () => intervalMs };
  const flusher = new Flusher(clock, seededRng(1), silentLogger, new Counters(), log, () => {}, pace);
  return { clock, log, flusher };
}

describe('frames that wait for the log', () => {
  test('are bounded by their bytes, over all rooms', async () => {
    const { clock, log, flusher } = setUp();
    log.isHung = true;
    const rooms = Array.from({ length: 65 }, (_, i) => new Room(`ledger:${i}`));
    for (const room of rooms.slice(0, 64)) flusher.append(room.frame(MIB), room);
    expect(flusher.logStalled).toBe(false);
    for (const room of rooms.slice(64)) flusher.append(room.frame(MIB), room);
    expect(flusher.logStalled).toBe(true);
    expect(flusher.waiting).toBe(65);
    log.resume();
    await clock.idle();
    expect(flusher.logStalled).toBe(false);
    expect(flusher.waiting).toBe(0);
    expect(rooms.every(({ results }) => results.join() === 'written')).toBe(true);
  });

  test('are let go with a room that is given up while it is refused', async () => {
    const { clock, log, flusher } = setUp();
    const room = new Room('ledger:1');
    log.refused.add(room.room);
    for (let i = 0; i < 65; i++) flusher.append(room.frame(MIB), room);
    await clock.idle();
    expect(flusher.logStalled).toBe(true);
    room.isClosed = true;
    await clock.run(5_000);
    expect(flusher.logStalled).toBe(false);
    expect(flusher.waiting).toBe(0);
    const { calls } = log;
    await clock.run(60_000);
    expect(log.calls).toBe(calls);
    expect(clock.timers).toBe(0);
  });

  test('of a refused room are tried again by themselves, ever more seldom', async () => {
    const { clock, log, flusher } = setUp();
    const room = new Room('ledger:1');
    log.refused.add(room.room);
    flusher.append(room.frame(1), room);
    await clock.run(60_000);
    expect(log.calls).toBeGreaterThan(30);
    expect(log.calls).toBeLessThan(100);
    log.refused.clear();
    await clock.run(5_000);
    expect(room.results.at(-1)).toBe('written');
  });
});

describe('while flushes are kept apart', () => {
  test('what is scheduled at once goes out at the end of the turn, alone; the rest in its time', () => {
    const { clock, flusher } = setUp(10);
    const flushed: string[] = [];
    const room = (name: string) => ({ flush: () => void flushed.push(name) });
    flusher.schedule(room('first'));
    clock.settle();
    flusher.schedule(room('paced'));
    flusher.scheduleAtOnce(room('tick 1'));
    flusher.scheduleAtOnce(room('tick 2'));
    expect(flushed).toEqual(['first']);
    clock.settle();
    expect(flushed).toEqual(['first', 'tick 1', 'tick 2']);
    clock.advance(10);
    expect(flushed).toEqual(['first', 'tick 1', 'tick 2', 'paced']);
  });

  test('frames for the log of what goes out at once leave in one call', async () => {
    const { clock, log, flusher } = setUp(10);
    for (const name of ['ledger:1', 'ledger:2']) {
      const room = new Room(name);
      flusher.scheduleAtOnce({ flush: () => flusher.append(room.frame(1), room) });
    }
    await clock.idle();
    expect(log.calls).toBe(1);
  });
});
