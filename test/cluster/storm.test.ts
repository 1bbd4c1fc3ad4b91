/**
 * A node is killed with 1,500 clients in 100 rooms, and they all come to the other one: it admits them at its limit and
 * tells the others to ask again, claims each room once, and its own members go on meanwhile.
 */
import { expect, it } from 'vitest';
import type { ErrorFrame } from '../support/independent/frames.ts';
import { type OpenLink, openSocket } from '../support/independent/link.ts';
import type { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const CLIENTS = 1_500;
const ROOMS = 100;
const JOINS_PER_SEC = 300;
const RESIDENTS = 10;
const SAY_MS = 100;
/** Far more than it takes, for a machine with more to do than cores. */
const BACK_WITHIN_MS = 60_000;
/** Without admission and shares they would hear nothing until all are in. */
const PAUSE_MAX_MS = 2_500;

const cluster = useCluster({ JOINS_PER_SEC: String(JOINS_PER_SEC) }, 2);
const clients = useClients();

it('[P18] 1,500 clients of a killed node come back at the limit, and lose nothing that is kept', async () => {
  const startedAt = performance.now();
  const refusals: ErrorFrame[] = [];
  const open: OpenLink = (url, events) =>
    openSocket(url, {
      ...events,
      frame: (frame) => {
        if (frame.op === 'error') refusals.push(frame);
        events.frame(frame);
      },
    });

  const heardAt: number[] = [];
  const residentOpen: OpenLink = (url, events) =>
    openSocket(url, {
      ...events,
      frame: (frame) => {
        if (frame.op === 'events') heardAt.push(performance.now());
        events.frame(frame);
      },
    });
  const home = newRoom('scratch');
  const residents = players(RESIDENTS, 'resident', [cluster().nodeUrl(1)], () => home, residentOpen);
  await settled(residents, 30_000);

  const rooms = Array.from({ length: ROOMS }, (_, i) => newRoom(i % 2 === 0 ? 'demo' : 'ledger'));
  const urls = [cluster().nodeUrl(0), ...Array.from({ length: 20 }, () => cluster().nodeUrl(1))];
  const crowd = players(CLIENTS, 'client', urls, (i) => rooms[i % ROOMS] ?? '', open);
  await settled(crowd, BACK_WITHIN_MS);
  // A node believes in nobody's death within one TTL after its own start.
  await until(() => performance.now() - startedAt > 5_000, { timeoutMs: 10_000 });

  const load = speaking(crowd.slice(0, 2 * ROOMS), residents[0] as Player, home);
  await until(() => load.said > 10 * ROOMS, { timeoutMs: 30_000, what: 'some load' });
  const before = await countersOf(1);
  refusals.length = 0;
  const killedAt = performance.now();
  process.kill(cluster().nodes[0]?.pid ?? 0, 'SIGKILL');
  await until(() => crowd.every((player) => player.links > 1 && player.isSettled), {
    timeoutMs: BACK_WITHIN_MS,
    what: 'all to be back',
  });
  const backAfterMs = performance.now() - killedAt;
  load.stop();
  await settled([...crowd, ...residents], 30_000);

  // At no more than the limit: the bucket was full.
  expect(backAfterMs).toBeGreaterThan(((CLIENTS - JOINS_PER_SEC) / JOINS_PER_SEC) * 1_000);
  const after = await countersOf(1);
  const refused = refusals.filter(
    ({ code, message }) => code === 'unavailable' && /ask again in \d+ ms$/.test(message),
  );
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBe(after.refused - before.refused);
  expect(after.takeOvers - before.takeOvers).toBe(ROOMS);
  // Some are claimed before the node knows that the owner is dead.
  expect(after.claims - before.claims).toBeLessThanOrEqual(3 * ROOMS);
  expect(longestPause(heardAt, killedAt, killedAt + backAfterMs)).toBeLessThan(PAUSE_MAX_MS);
  const mayTakeBack = (room: string): boolean => room.startsWith('demo:');
  expect(showViolations(judge([...crowd, ...residents], { faults: { mayTakeBack } }))).toBe('');
});

function players(
  count: number,
  name: string,
  urls: readonly string[],
  roomOf: (i: number) => string,
  open: OpenLink,
): Player[] {
  return Array.from({ length: count }, (_, i) => {
    const player = clients.player({ name: `${name}${i}`, urls, open, window: 8 });
    player.join(roomOf(i));
    return player;
  });
}

/** Each speaker once a second, in turns; one resident ten times. */
function speaking(
  speakers: readonly Player[],
  resident: Player,
  home: string,
): { readonly said: number; stop(): void } {
  let [said, turn] = [0, 0];
  const timer = setInterval(() => {
    const share = speakers.length / (1_000 / SAY_MS);
    for (let i = 0; i < share; i++) {
      const speaker = speakers[turn++ % speakers.length] as Player;
      for (const room of speaker.ledgers.keys()) speaker.say(room, `${speaker.name}-${said++}`);
    }
    resident.say(home, `${resident.name}-${said++}`);
  }, SAY_MS);
  return {
    get said() {
      return said;
    },
    stop: () => clearInterval(timer),
  };
}

async function countersOf(node: number): Promise<{ refused: number; claims: number; takeOvers: number }> {
  const port = cluster().nodes[node]?.port;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const value = (series: string) => Number(new RegExp(`^roomcast_${series}\\{.*\\} (\\d+)$`, 'm').exec(text)?.[1]);
  return {
    refused: value('joins_refused_total'),
    claims: value('room_claims_total'),
    takeOvers: value('room_take_overs_total'),
  };
}

function longestPause(times: readonly number[], from: number, to: number): number {
  const inside = [from, ...times.filter((at) => at > from && at < to), to];
  return Math.max(...inside.slice(1).map((at, i) => at - (inside[i] ?? 0)));
}
