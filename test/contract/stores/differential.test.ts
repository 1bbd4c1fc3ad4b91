/**
 * The twins, and the simulator's model of a deployment, against Redis on random histories: every answer must be the same.
 * Epochs come from several clocks, so they are compared by their place among the epochs that the same world gave to the
 * same room. What fails is shrunk, and told with the seed that replays it.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry } from '../../../src/cluster/ports.ts';
import type { Commit, LogAppend } from '../../../src/room/ports.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { modelWorld } from './model-world.ts';
import { memoryWorld, redisWorld, type World } from './worlds.ts';

let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterAll(() => server.stop());

/** Longer than a run can take, so that on Redis only `pass` lets anything expire. */
const SHORT_MS = 100_000;
const LONG_MS = 1_000_000;

/** Shrinking what fails ends with what it has by then, and still tells the seed. */
const SHRINK_MS = 40_000;

const room = fc.constantFrom('demo:1', 'demo:2');
const node = fc.constantFrom('a:1', 'a:2', 'b:1', 'c:1');
const ttlMs = fc.constantFrom(SHORT_MS, LONG_MS);
const value = fc.uint8Array({ maxLength: 6 });
const key = fc.constantFrom('k', 'l', 'ключ', '');
const member = fc.integer({ min: 1, max: 3 });
const seq = fc.integer({ min: 1, max: 9 });
/** Which of the room's epochs: mostly the current one. */
const age = fc.constantFrom(0, 0, 0, 0, 1, 2);

const committing = fc.record({
  kind: fc.constant('commit' as const),
  room,
  owner: node,
  age,
  seq,
  meta: fc.option(value),
  set: fc.array(fc.tuple(key, value), { maxLength: 3 }),
  del: fc.array(key, { maxLength: 2 }),
  members: fc.array(fc.tuple(member, fc.option(value)), { maxLength: 3 }),
  whole: fc.boolean(),
  revision: seq,
  base: fc.constantFrom(0, 0, 0, 1, 4),
  ttlMs,
});
const appending = fc.record({
  kind: fc.constant('append' as const),
  room,
  owner: node,
  age,
  /** How far before (or beyond) what the log has its first frame begins. */
  back: fc.constantFrom(0, 0, 0, 0, 1, 2, -1),
  /** One call with a frame of so many events each. */
  lengths: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 3 }),
  frame: value,
  note: fc.option(fc.uint8Array({ minLength: 1, maxLength: 8 })),
});
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      room,
      node,
      dead: fc.option(node),
      /** Claims since the one that it names as the dead owner's last; null: it names none. */
      deadAge: fc.constantFrom(null, null, 0, 1),
      attempt: fc.integer({ min: 1, max: 1_000_000 }),
      copyAge: fc.constantFrom(null, null, 0, 1, 2),
      ttlMs,
    }),
  },
  { weight: 5, arbitrary: committing },
  { weight: 6, arbitrary: appending },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      room,
      owner: node,
      age,
      ttlMs: fc.constantFrom(0, SHORT_MS),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('transfer' as const), room, owner: node, age, to: node, ttlMs }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), node, ttlMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('alive' as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('session' as const), generation: seq, ttlMs }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(SHORT_MS / 4, SHORT_MS) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail over' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

test.each([
  { runs: 40, minLength: 20, maxLength: 120 },
  { runs: 4, minLength: 1_000, maxLength: 1_500 },
])('[twins] memory, the model and Redis answer alike to any history of up to $maxLength steps', async (size) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, size), fc.integer({ min: 1 }), async (history, seed) => {
      const redis = await redisWorld(server);
      const model = modelWorld(seed);
      try {
        const [inMemory, inModel, onRedis] = [new Player(memoryWorld()), new Player(model), new Player(redis)];
        for (const one of history) {
          const answer = await onRedis.play(one);
          if (one.kind === 'fail over') model.failOver();
          expect(await inMemory.play(one)).toEqual(answer);
          expect(await inModel.play(one)).toEqual(answer);
        }
        expect(model.lapses).toBe(0);
      } finally {
        await redis.close();
      }
    }),
    { numRuns: size.runs, interruptAfterTimeLimit: SHRINK_MS },
  );
});

class Player {
  readonly #world: World;
  readonly #epochs = new Map<string, number[]>();
  /** Last seq that the store has, by room, as far as its answers tell. */
  readonly #seqs = new Map<string, number>();
  /** The attempt of the owner's last claim, by room. */
  readonly #attempts = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  async play(step: Step): Promise<unknown> {
    const { directory, snapshots, log, nodes, sessions } = this.#world;
    switch (step.kind) {
      case 'claim': {
        const { room, node, dead, deadAge, attempt, copyAge, ttlMs } = step;
        const copy = copyAge === null ? 0 : this.#epoch(room, copyAge);
        const deadAttempt = deadAge === null ? null : (this.#attempts.get(room) ?? 0) - deadAge;
        const claim = await directory.claim({
          room,
          self: node,
          dead,
          deadAttempt,
          attempt,
          copy,
          floor: 0,
          stride: 1,
          ttlMs,
        });
        this.#attempts.set(room, claim.kind === 'other' ? claim.attempt : attempt);
        if (claim.kind === 'other') return { ...claim, epoch: this.#place(step.room, claim.epoch) };
        this.#grow(step.room, claim.epoch);
        this.#seqs.set(room, claim.record?.log.at(-1)?.seq ?? claim.record?.seq ?? 0);
        const log = claim.record?.log.map((entry) => this.#placed(step.room, entry));
        return {
          ...claim,
          epoch: this.#place(step.room, claim.epoch),
          before: this.#place(step.room, claim.before),
          record: claim.record && { ...claim.record, log },
        };
      }
      case 'commit': {
        const commit: Commit = { ...step, epoch: this.#epoch(step.room, step.age) };
        const results = await snapshots.commit([commit]);
        if (results[0] === 'written') this.#seqs.set(step.room, Math.max(this.#seq(step.room), step.seq));
        return results;
      }
      case 'append': {
        const epoch = this.#epoch(step.room, step.age);
        let seq = Math.max(0, this.#seq(step.room) - step.back);
        const batch = step.lengths.map((length): LogAppend => {
          const first = seq + 1;
          seq += length;
          return { ...step, epoch, first, seq };
        });
        const results = await log.append(batch);
        const written = batch.findLast((_, i) => results[i] === 'written');
        if (written) this.#seqs.set(step.room, Math.max(this.#seq(step.room), written.seq));
        return results;
      }
      case 'release':
        return directory.release(step.room, step.owner, this.#epoch(step.room, step.age), step.ttlMs);
      case 'transfer':
        return directory.transfer(step.room, step.owner, this.#epoch(step.room, step.age), step.to, step.ttlMs);
      case 'renew': {
        const [id = '', incarnation = ''] = step.node.split(':');
        const numbers = { startedAt: 1, owned: 2, members: 3, connections: 4, beat: 5 };
        const renewal = await nodes.renew({ id, incarnation, ...numbers, draining: false }, step.ttlMs);
        return { nodes: renewal.nodes, wasThere: renewal.leftMs !== null };
      }
      case 'alive':
        return nodes.isAlive(step.node);
      case 'remove':
        return nodes.remove(step.node);
      case 'session':
        return sessions.open('s', step.generation, step.ttlMs);
      case 'pass': {
        await this.#world.passMs(step.ms);
        // On Redis that shortened lives, but moved no clock, which epochs of a busy millisecond may be ahead of.
        const last = Math.max(0, ...[...this.#epochs.values()].flat());
        return until(async () => (await this.#world.timeMs()) > last);
      }
      // Where nothing is on its way to the replicas, nobody notices.
      case 'fail over':
        return null;
    }
  }

  #grow(room: string, epoch: number): void {
    const epochs = this.#epochs.get(room) ?? [];
    expect(epoch).toBeGreaterThan(epochs.at(-1) ?? 0);
    epochs.push(epoch);
    this.#epochs.set(room, epochs);
  }

  #seq(room: string): number {
    return this.#seqs.get(room) ?? 0;
  }

  #epoch(room: string, age: number): number {
    return this.#epochs.get(room)?.at(-1 - age) ?? 1;
  }

  #place(room: string, epoch: number): number {
    return this.#epochs.get(room)?.indexOf(epoch) ?? -1;
  }

  #placed(room: string, entry: LogEntry): unknown {
    return { ...entry, epoch: this.#place(room, entry.epoch) };
  }
}
