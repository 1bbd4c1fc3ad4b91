/**
 * A deploy, seen by clients: SIGTERM of a node while everybody plays. Its rooms go to other nodes with their history, its
 * clients are asked to come again, and nobody misses an event.
 */
import { describe, expect, it } from 'vitest';
import type { Entry, RoomLedger } from '../support/independent/ledger.ts';
import type { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const patience = { timeoutMs: 30_000 };

/** A drain that does not end by itself within this test's patience. */
const cluster = useCluster({ DRAIN_TIMEOUT_MS: '120000' });
const clients = useClients();

const size = { rooms: 8, playersPerRoom: 6 };

/** All through nginx; in half of the rooms all on one node, in the other half on all, and the node that will go owns those. */
async function gather(): Promise<readonly Player[]> {
  const players: Player[] = [];
  const { client: opener } = await clients.guest(cluster().nodeUrl(0));
  for (let i = 0; i < size.rooms; i++) {
    const room = newRoom(i % 4 < 2 ? 'demo' : 'ledger');
    if (i % 2 === 1) await opener.join(room);
    for (let k = 0; k < size.playersPerRoom; k++) {
      const hint = i % 2 === 0 ? room : `${room}-${k}`;
      const url = `${cluster().url}?room=${encodeURIComponent(hint)}`;
      const player = clients.player({ name: `${room}/${k}`, urls: [url] });
      player.join(room);
      players.push(player);
    }
  }
  await settled(players, patience.timeoutMs);
  opener.cut();
  return players;
}

function play(players: readonly Player[]): () => void {
  let sent = 0;
  const timer = setInterval(() => {
    for (const player of players) {
      const [room = ''] = player.ledgers.keys();
      const id = `${player.name}#${++sent}`;
      if (sent % 3 === 0) player.put(room, id, player.name);
      else player.say(room, id);
    }
  }, 50);
  return () => clearInterval(timer);
}

const ledgersOf = (players: readonly Player[]): RoomLedger[] => players.flatMap(({ ledgers }) => [...ledgers.values()]);

const eventsOf = ({ entries }: RoomLedger): number =>
  entries.reduce((sum, entry) => sum + (entry.what === 'events' ? entry.events.length : 0), 0);

const isSync = (entry: Entry): boolean => entry.what === 'jump' && entry.cause === 'owner';

/** SYNCs that stand elsewhere than the client did: what is between it has not seen as events. */
function jumps({ entries }: RoomLedger): string[] {
  let seq: number | null = null;
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.what === 'jump' && seq !== null && entry.seq !== seq) found.push(`${entry.cause} ${seq} → ${entry.seq}`);
    if (entry.what === 'events') seq = Math.max(seq ?? 0, entry.first + entry.events.length - 1);
    if (entry.what === 'jump') seq = entry.seq;
  }
  return found;
}

/** The first answers on connections after the first. */
const comebacks = ({ entries }: RoomLedger): Entry[] =>
  entries.filter((entry, i) => entry.link > 1 && entry.link !== entries[i - 1]?.link);

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

describe('SIGTERM of a node', () => {
  it('[P7] [P11] [P15] moves its rooms and clients: nothing lost, nothing doubled, no snapshot for who comes back', async () => {
    const players = await gather();
    const stop = play(players);
    const [node] = cluster().nodes;
    const haveSeen = (events: number) => () => ledgersOf(players).every((ledger) => eventsOf(ledger) >= events);
    await until(haveSeen(100), patience);
    process.kill(node?.pid ?? 0, 'SIGTERM');
    await until(() => hasEnded(node?.pid ?? 0), { ...patience, what: 'the node to end' });
    const seen = Math.max(...ledgersOf(players).map(eventsOf));
    await until(haveSeen(seen + 100), patience);
    stop();
    await settled(players, patience.timeoutMs);
    const verdict = judge(players);
    expect(showViolations(verdict)).toBe('');
    expect(verdict.takenBack).toBe(0);
    expect(ledgersOf(players).flatMap(jumps)).toEqual([]);
    const syncs = ledgersOf(players).flatMap(({ entries }) => entries.filter((entry) => isSync(entry)));
    expect(syncs.length).toBeGreaterThan(0);
    const came = ledgersOf(players).flatMap(comebacks);
    expect(came.length).toBeGreaterThan(0);
    expect(came.filter(({ what }) => what !== 'resumed')).toEqual([]);
  });

  it('ends at a second signal', async () => {
    const [, , node] = cluster().nodes;
    const { client } = await clients.guest(cluster().nodeUrl(2));
    process.kill(node?.pid ?? 0, 'SIGTERM');
    await client.next('goaway');
    process.kill(node?.pid ?? 0, 'SIGTERM');
    await until(() => !client.isOpen, patience);
    expect(await client.closed).toMatchObject({ code: 4000 });
    await until(() => hasEnded(node?.pid ?? 0), { ...patience, what: 'the node to end' });
  });
});
