/**
 * 300 players in 30 rooms over three nodes, half through nginx and half straight to the nodes, sending at random
 * for 20 s; then one verdict over everything that each of them sent and saw.
 */
import { describe, expect, it } from 'vitest';
import type { Player } from '../support/independent/player.ts';
import { drawBelow, newRng, pick, type Rng } from '../support/independent/rng.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const cluster = useCluster();
const clients = useClients();

const size = { players: 300, rooms: 30, roomsEach: 2, lastsMs: 20_000 };
/** 500 commands and 10,000 deliveries a second: a load that two cores carry beside the clients (guess). */
const pauseMs = { min: 200, spread: 800 };
const settleMs = 60_000;

interface Crowd {
  readonly players: readonly Player[];
  readonly roomsOf: ReadonlyMap<Player, readonly string[]>;
}

async function gather(types: readonly string[]): Promise<Crowd> {
  const rooms = Array.from({ length: size.rooms }, (_, i) => newRoom(types[i % types.length]));
  const nodes = [0, 1, 2].map((index) => cluster().nodeUrl(index));
  const roomsOf = new Map<Player, readonly string[]>();
  const players = Array.from({ length: size.players }, (_, i) => {
    const own = Array.from({ length: size.roomsEach }, (_, k) => rooms[(i + k * 7) % rooms.length] ?? '');
    const hint = `${cluster().url}?room=${encodeURIComponent(own[0] ?? '')}`;
    // Three in four reach the nodes in turn, so that each reconnect changes the node; the rest ask nginx.
    const start = i % 3;
    const urls = i % 4 === 3 ? [hint] : [...nodes.slice(start), ...nodes.slice(0, start)];
    const player = clients.player({ name: `p${i}`, urls });
    for (const room of own) player.join(room, Uint8Array.of(i % 256));
    roomsOf.set(player, own);
    return player;
  });
  await settled(players, settleMs);
  return { players, roomsOf };
}

/** Lets all act at random until the time is over. `disturb` may cut a player off before it acts. */
async function act(crowd: Crowd, rng: Rng, disturb: (player: Player, index: number) => void): Promise<void> {
  let sent = 0;
  let isOver = false;
  const timers = new Set<NodeJS.Timeout>();
  for (const [index, player] of crowd.players.entries()) {
    const step = () => {
      if (isOver) return;
      disturb(player, index);
      const room = pick(rng, crowd.roomsOf.get(player) ?? []);
      const id = `${player.name}-${++sent}`;
      const key = `k${drawBelow(rng, 12)}`;
      if (rng() < 0.25) player.put(room, id, key, rng() < 0.3 ? [`k${drawBelow(rng, 12)}`] : []);
      else player.say(room, id, drawBelow(rng, 200));
      again();
    };
    const again = () => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        step();
      }, pauseMs.min + drawBelow(rng, pauseMs.spread));
      timers.add(timer);
    };
    again();
  }
  const endsAt = performance.now() + size.lastsMs;
  await until(() => performance.now() >= endsAt, { timeoutMs: size.lastsMs * 2, what: 'the traffic to be over' });
  isOver = true;
  for (const timer of timers) clearTimeout(timer);
}

const mesOf = (player: Player): number[] =>
  [...player.ledgers.values()].map(
    (ledger) => new Set(ledger.entries.flatMap((entry) => ('me' in entry ? [entry.me] : []))).size,
  );

describe('300 players in 30 rooms over three nodes', () => {
  it('[P11] [P15] see identical histories that hold each command exactly once', async () => {
    const seed = 7;
    const crowd = await gather(['demo', 'demo', 'ledger']);
    await act(crowd, newRng(seed), () => {});
    await settled(crowd.players, settleMs);
    const verdict = judge(crowd.players);
    expect(showViolations(verdict), `seed ${seed}`).toBe('');
    expect(verdict.rooms).toBe(size.rooms);
    expect(verdict.commands).toBeGreaterThan(size.players * 20);
    expect(verdict.refused).toBe(0);
  });

  it('[P8] [P17] keep their number and lose nothing, with reconnects to other nodes in the middle', async () => {
    const seed = 8;
    const crowd = await gather(['demo', 'ledger', 'scratch']);
    const rng = newRng(seed);
    await act(crowd, rng, (player, index) => {
      // The first of each room stay, so that somebody saw each event.
      if (index < size.rooms) return;
      const drawn = rng();
      if (drawn < 0.03) player.drop();
      else if (drawn < 0.04 && index % 4 !== 3) player.hop();
    });
    await settled(crowd.players, settleMs);
    const verdict = judge(crowd.players);
    expect(showViolations(verdict), `seed ${seed}`).toBe('');
    expect(verdict.commands).toBeGreaterThan(size.players * 20);
    const links = crowd.players.reduce((sum, player) => sum + player.links, 0);
    expect(links).toBeGreaterThan(size.players * 2);
    expect(verdict.resumes).toBeGreaterThan(size.players);
    expect(crowd.players.filter((player) => mesOf(player).some((mes) => mes !== 1)).map(({ name }) => name)).toEqual(
      [],
    );
    const replaced = new Set(crowd.players.flatMap((player) => player.replacedCodes));
    expect([...replaced]).toEqual([4502]);
  });
});
