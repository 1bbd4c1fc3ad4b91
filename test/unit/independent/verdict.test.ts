import { describe, expect, it } from 'vitest';
import { Player } from '../../support/independent/player.ts';
import { drawBelow, newRng, pick } from '../../support/independent/rng.ts';
import { judge, showViolations, type Verdict } from '../../support/independent/verdict.ts';
import { type Defect, Double } from './double.ts';

const rooms = ['demo:1', 'demo:2'];

/** Five players, two rooms, 40 commands each at random moments, cuts in between; ends when all is still. */
function play(
  seed: number,
  trouble: number,
  refuses = false,
  defect: Defect = 'none',
): { verdict: Verdict; players: Player[] } {
  const server = new Double({ seed, trouble, refuses, defect });
  const rng = newRng(seed + 1);
  const players = ['a', 'b', 'c', 'd', 'e'].map(
    (name) => new Player({ name, urls: ['one', 'two'], open: server.open, schedule: server.schedule, window: 8, rng }),
  );
  for (const player of players) {
    player.start();
    for (const room of rooms) player.join(room);
    for (let i = 0; i < 40; i++) {
      server.schedule(20 + drawBelow(rng, 2000), () => {
        const room = pick(rng, rooms);
        const id = `${player.name}${i}`;
        if (rng() < 0.3) player.put(room, id, `k${drawBelow(rng, 5)}`, rng() < 0.5 ? [`k${drawBelow(rng, 5)}`] : []);
        else player.say(room, id);
        // The first stays connected, so somebody sees each event.
        if (player.name !== 'a' && rng() < trouble / 2) player.drop();
      });
    }
  }
  if (trouble > 0) server.schedule(1000, () => server.syncAll('demo:1'));
  server.run();
  return { verdict: judge(players, { mayRefuse: refuses }), players };
}

describe('player and verdict against a server that keeps to the page', () => {
  it('[P11] finds nothing where all is quiet', () => {
    const { verdict } = play(1, 0);
    expect(showViolations(verdict)).toBe('');
    expect(verdict).toMatchObject({ rooms: 2, commands: 200, refused: 0, holes: 0 });
    // Of the ten joins, the first of each room is only inside its own snapshot.
    expect(verdict.events).toBe(200 + 8);
  });

  it('[P13] [P15] [P16] [P17] a correct client comes through cuts, holes, refusals and SYNC', () => {
    const sums = { holes: 0, resumes: 0, refused: 0, jumps: 0 };
    for (let seed = 1; seed <= 40; seed++) {
      const { verdict } = play(seed, 0.2, seed % 2 === 0);
      // The watcher misses frames too (P13): where it then got a snapshot, nobody may have seen a few events.
      const judged = { ...verdict, violations: verdict.violations.filter(({ rule }) => rule !== 'test') };
      expect(showViolations(judged), `seed ${seed}`).toBe('');
      sums.holes += verdict.holes;
      sums.resumes += verdict.resumes;
      sums.refused += verdict.refused;
      sums.jumps += verdict.jumps;
    }
    expect(Math.min(sums.holes, sums.resumes, sums.refused, sums.jumps)).toBeGreaterThan(20);
  });

  it('[P8] a player keeps its number through all its connections', () => {
    const { players } = play(3, 0.2);
    for (const player of players) {
      for (const ledger of player.ledgers.values()) {
        const mes = new Set(ledger.entries.flatMap((entry) => ('me' in entry ? [entry.me] : [])));
        expect(mes.size).toBe(1);
      }
    }
    expect(Math.max(...players.map((player) => player.links))).toBeGreaterThan(2);
  });
});

describe('a verdict that can fail', () => {
  const defects: readonly (readonly [string, Defect])[] = [
    ['P15', 'applies-resent-commands-again'],
    ['P15', 'acks-without-applying'],
    ['P13', 'hole-without-position'],
    ['P11', 'one-member-sees-other-bytes'],
    ['P15', 'applies-refused-commands'],
    ['P8', 'new-number-after-reconnect'],
    ['P7', 'replay-starts-late'],
    ['P6', 'snapshot-misses-a-key'],
    ['P12', 'repeats-old-frames'],
  ];

  it.each(defects)('[%s] finds a server that %s', (rule, defect) => {
    const found = new Set<string>();
    for (let seed = 1; seed <= 10 && !found.has(rule); seed++) {
      for (const violation of play(seed, 0.2, defect === 'applies-refused-commands', defect).verdict.violations)
        found.add(violation.rule);
    }
    expect([...found]).toContain(rule);
  });
});
