/**
 * The peaceful end of a node (SIGTERM): its rooms go to other nodes, each with all that it has, then its clients are asked
 * to come again, spread over a while; they find their rooms by P7. It ends when both are gone, at its deadline, when it
 * is asked to, and at once where no other node is there to take anything. What is left is for `NodeCore.stop`.
 *
 * Rooms of durability `none` stay: what they hold is nowhere else, and ends with their owner.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';
import type { Membership } from '../cluster/membership.ts';
import { nodeKey } from '../cluster/node-key.ts';
import type { NodeKey } from '../cluster/ports.ts';
import type { Connections } from '../gateway/connections.ts';
import type { LocalRoom } from '../room/local-room.ts';
import type { Owner } from '../room/owner.ts';
import type { Registry } from '../room/registry.ts';
import { chooseTarget, type Taker } from './drain-target.ts';

export interface DrainOptions {
  readonly self: NodeKey;
  readonly timeoutMs: number;
  readonly isStoreUp: () => boolean;
}

/** How often it looks what is left, and who else drains: nodes that are stopped together must learn of each other. */
const LOOK_MS = 100;
/** Rooms on their way at a time: the store and the takers do other work as well (guess). */
const ROOMS_AT_ONCE = 16;
/**
 * The clients of a node come back over this time for each of them: some 300 joins/s, which nodes that are busy already
 * hardly feel (guess). It costs the drain time and nobody else: each is served until it goes.
 */
const SPREAD_MS_PER_CONNECTION = 3;
/** Few clients are spread as well, so that they do not arrive in one turn. */
const SPREAD_MIN_MS = 100;
/** They are asked early enough for two more tries each before the deadline closes their sockets. */
const SPREAD_SHARE_MAX = 1 / 3;

export class Drain {
  readonly #registry: Registry;
  readonly #connections: Connections;
  readonly #membership: Membership;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #log: Logger;
  readonly #options: DrainOptions;
  /** Rooms given to each node, which its record does not count yet. */
  readonly #given = new Map<NodeKey, number>();
  #isOver = false;

  constructor(
    registry: Registry,
    connections: Connections,
    membership: Membership,
    clock: Clock,
    rng: Rng,
    log: Logger,
    options: DrainOptions,
  ) {
    this.#registry = registry;
    this.#connections = connections;
    this.#membership = membership;
    this.#clock = clock;
    this.#rng = rng;
    this.#log = log;
    this.#options = options;
  }

  async run(): Promise<void> {
    const { timeoutMs, isStoreUp } = this.#options;
    const endsAt = this.#clock.now() + timeoutMs;
    let haveRoomsGone = false;
    while (!this.#isOver && this.#clock.now() < endsAt) {
      // It may hang with the store; the next look does not wait for it.
      void this.#membership.renewNow();
      await this.#pause();
      if (this.#takers().length === 0) {
        this.#log.info({}, 'no other node is there to take rooms and clients');
        return;
      }
      if (!isStoreUp()) continue;
      // A look behind their rooms: by then they have heard of the new owners.
      if (haveRoomsGone) this.#sendClients(timeoutMs);
      await this.#handRooms();
      haveRoomsGone = true;
      if (this.#connections.size === 0 && this.#toHand().length === 0) return;
    }
  }

  /** The rest need not be waited for. */
  end(): void {
    this.#isOver = true;
  }

  /** Those that this node lets go, or has not let go yet. */
  #toHand(): LocalRoom[] {
    return [...this.#registry.rooms()].filter(({ role, type }) => {
      return role.kind === 'releasing' || (role.kind === 'owner' && type.durability !== 'none');
    });
  }

  async #handRooms(): Promise<void> {
    const rooms = this.#toHand();
    const next = async (): Promise<void> => {
      for (let room = rooms.pop(); room && !this.#isOver; room = rooms.pop()) await this.#hand(room);
    };
    await Promise.all(Array.from({ length: ROOMS_AT_ONCE }, next));
  }

  async #hand(room: LocalRoom): Promise<void> {
    const { owner } = room;
    if (!owner) return;
    if (owner.roster.size === 0) {
      // It goes on trying by itself while the store is away.
      void room.releaseIfEmpty();
      return;
    }
    const to = chooseTarget(this.#takers(), membersBehind(owner));
    if (to === null) return;
    this.#given.set(to, (this.#given.get(to) ?? 0) + 1);
    await room.handOver(to);
  }

  #takers(): Taker[] {
    return this.#membership.shown().flatMap(({ id, incarnation, owned, draining }) => {
      const node = nodeKey(id, incarnation);
      if (draining || node === this.#options.self) return [];
      return [{ node, owned: owned + (this.#given.get(node) ?? 0) }];
    });
  }

  /** Each client once, also one that came in late. */
  #sendClients(timeoutMs: number): void {
    const wantedMs = Math.max(SPREAD_MIN_MS, this.#connections.size * SPREAD_MS_PER_CONNECTION);
    const spreadMs = Math.min(wantedMs, timeoutMs * SPREAD_SHARE_MAX);
    this.#connections.goAway('the node is going away', () => Math.floor(this.#rng.next() * spreadMs));
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(LOOK_MS, resolve));
  }
}

function membersBehind({ feed }: Owner): Map<NodeKey, number> {
  const counts = new Map<NodeKey, number>();
  for (const [node, { links }] of feed.edges) {
    let members = 0;
    for (const link of links.values()) if (link.member > 0) members++;
    counts.set(node, members);
  }
  return counts;
}
