/** The checker of memberships is shown each violation, and what is nearest to it and allowed. */
import { beforeEach, describe, expect, test } from 'vitest';
import { OneMembership } from './check/membership.ts';
import { OneHistory } from './check/one-history.ts';
import { claim, frame, PLANTED_ROOMS, ROOM, type Told } from './check/planted.ts';

let broken: string[];
let history: OneHistory;

beforeEach(() => {
  broken = [];
  const report = (rule: string): void => void broken.push(rule);
  const membership = new OneMembership(report);
  history = new OneHistory(PLANTED_ROOMS, report, (room, epoch, seq, event) =>
    membership.event(room, epoch, seq, event),
  );
});

function own(node: string, epoch: number, seq: number | null, dead: string | null = null): void {
  claim(history, ROOM, node, epoch, seq, dead);
}

function publish(node: string, epoch: number, first: number, ...told: Told[]): void {
  history.published(node, `${ROOM}#${epoch}`, frame(ROOM, epoch, first, ...told));
}

describe('[P8] [P9] one membership', () => {
  test('a number that was given before', () => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['+', 1, 'guest:bbbbbbbb']);
    expect(broken).toContain('P8');
  });

  test('a number of somebody whose joining was taken back', () => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['+', 2, 'guest:bbbbbbbb']);
    own('n2:b', 20, 1, 'n1:a');
    publish('n2:b', 20, 2, ['+', 3, 'guest:cccccccc']);
    expect(broken).toEqual([]);
    publish('n2:b', 20, 3, ['+', 2, 'guest:dddddddd']);
    expect(broken).toEqual(['P8']);
  });

  test('[P10] the grace time of a member who is here', () => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['away', 1], ['-', 1], ['+', 2]);
    expect(broken).toEqual([]);
    publish('n1:a', 10, 5, ['-', 2]);
    expect(broken).toEqual(['P10']);
  });

  test('a second member of one session', () => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['+', 2]);
    expect(broken).toEqual(['P9']);
  });
});
