/** What a new owner may take back: each violation, and what is nearest to it and allowed. */
import { beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../src/base/assert.ts';
import { OneHistory } from './check/one-history.ts';
import { claim, frame, LOG_ROOM, PLANTED_ROOMS, ROOM, type Told } from './check/planted.ts';

const NOTHING = { set: [], members: [], whole: true };

let broken: string[];
let history: OneHistory;

beforeEach(() => {
  broken = [];
  history = new OneHistory(
    PLANTED_ROOMS,
    (rule) => void broken.push(rule),
    () => {},
  );
});

function own(node: string, epoch: number, seq: number | null, dead: string | null = null, room: string = ROOM): void {
  claim(history, room, node, epoch, seq, dead);
}

/** The store held the room up to `seq` of its last epoch and has `kept` of it after a failover. */
function forget(room: string, seq: number, kept: { epoch: number; seq: number } | null): void {
  const epoch = must(history.room(room).last, 'an epoch').epoch;
  const after = { writes: 1, epoch: kept?.epoch ?? 0, kept };
  history.forgot(room, { writes: 9, epoch, kept: { epoch, seq } }, after);
}

/** An owner of before claims with what it still has. */
function bring(node: string, epoch: number, copy: number): void {
  const owned = { kind: 'owned', epoch, before: 0, isCopy: true, wasOwn: false, record: null } as const;
  history.claimed({ room: LOG_ROOM, self: node, dead: null, copy }, owned, null);
}

function write(owner: string, epoch: number, seq: number, room: string = ROOM): void {
  history.committed({ ...NOTHING, room, owner, epoch, seq }, 'written', { epoch, seq });
}

function publish(node: string, epoch: number, first: number, ...told: Told[]): void {
  history.published(node, `${ROOM}#${epoch}`, frame(ROOM, epoch, first, ...told));
}

function publishLog(node: string, epoch: number, first: number, ...told: Told[]): void {
  history.published(node, `${LOG_ROOM}#${epoch}`, frame(LOG_ROOM, epoch, first, ...told));
}

describe('[P18] what was told is kept', () => {
  test('a snapshot room may lose its tail with its owner, and not otherwise', () => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['m', 1, 1, 'x']);
    own('n2:b', 20, 1, 'n1:a');
    expect([broken, history.losses.takenBack]).toEqual([[], 1]);
    publish('n2:b', 20, 2, ['m', 1, 1, 'y']);
    own('n3:c', 30, 1);
    expect(broken).toEqual(['P18']);
  });

  test('a log room may not lose anything', () => {
    own('n1:a', 10, null, null, LOG_ROOM);
    write('n1:a', 10, 1, LOG_ROOM);
    publishLog('n1:a', 10, 1, ['+', 1]);
    own('n2:b', 20, null, 'n1:a', LOG_ROOM);
    expect(broken).toEqual(['P18']);
  });

  test('a log room may not tell before its log holds it', () => {
    own('n1:a', 10, null, null, LOG_ROOM);
    publishLog('n1:a', 10, 1, ['+', 1]);
    expect(broken).toEqual(['P18']);
  });

  test('a write that is told done and is not there, and one in an epoch of another', () => {
    own('n1:a', 10, null);
    history.committed({ ...NOTHING, room: ROOM, owner: 'n1:a', epoch: 10, seq: 5 }, 'written', { epoch: 10, seq: 4 });
    write('n2:b', 10, 5);
    expect(broken).toEqual(['P18', 'P11']);
  });

  test('a claim that finds another room than the store keeps', () => {
    own('n1:a', 10, null);
    const record = { seq: 3, meta: null, state: new Map(), members: new Map(), log: [] };
    const owned = { kind: 'owned', epoch: 20, before: 10, isCopy: false, wasOwn: false, record } as const;
    history.claimed({ room: ROOM, self: 'n2:b', dead: 'n1:a', copy: 0 }, owned, { epoch: 10, seq: 4 });
    expect(broken).toContain('store');
  });

  test('[P12] an epoch that is not above the one before', () => {
    own('n1:a', 10, null);
    own('n2:b', 10, null, 'n1:a');
    expect(broken).toEqual(['P12']);
  });
});

describe('[P18] what the store has forgotten', () => {
  beforeEach(() => {
    own('n1:a', 10, null, null, LOG_ROOM);
    write('n1:a', 10, 3, LOG_ROOM);
    publishLog('n1:a', 10, 1, ['+', 1], ['m', 1, 1, 'x'], ['m', 1, 2, 'y']);
  });

  test('may be taken back, and nothing else', () => {
    forget(LOG_ROOM, 3, { epoch: 10, seq: 2 });
    own('n2:b', 20, 2, 'n1:a', LOG_ROOM);
    expect([broken, history.losses.takenBack, history.losses.forgotten]).toEqual([[], 1, 1]);
    write('n2:b', 20, 3, LOG_ROOM);
    publishLog('n2:b', 20, 3, ['m', 1, 2, 'z']);
    own('n3:c', 30, 2, 'n2:b', LOG_ROOM);
    expect(broken).toEqual(['P18']);
  });

  test('is there again once the owner has written it', () => {
    forget(LOG_ROOM, 3, { epoch: 10, seq: 2 });
    write('n1:a', 10, 4, LOG_ROOM);
    publishLog('n1:a', 10, 4, ['m', 1, 3, 'z']);
    own('n2:b', 20, 3, 'n1:a', LOG_ROOM);
    expect(broken).toEqual(['P18']);
  });

  test('comes back with the copy of its owner, for which the one in between gives way', () => {
    forget(LOG_ROOM, 3, null);
    own('n2:b', 20, null, null, LOG_ROOM);
    write('n2:b', 20, 1, LOG_ROOM);
    publishLog('n2:b', 20, 1, ['+', 1]);
    bring('n1:a', 30, 10);
    write('n1:a', 30, 4, LOG_ROOM);
    publishLog('n1:a', 10, 4, ['m', 1, 3, 'z']);
    write('n1:a', 30, 5, LOG_ROOM);
    publishLog('n1:a', 30, 5, ['m', 1, 4, 'a']);
    history.losses.settle(() => true);
    expect([broken, history.losses.takenBack]).toEqual([[], 4]);
  });

  test('may be the end of a room, which then comes back as it was before', () => {
    history.released(LOG_ROOM, 10, 0, true);
    history.forgot(
      LOG_ROOM,
      { writes: 9, epoch: 10, kept: null },
      { writes: 1, epoch: 10, kept: { epoch: 10, seq: 2 } },
    );
    own('n2:b', 20, 2, null, LOG_ROOM);
    expect(broken).toEqual([]);
  });

  test('is there again once a copy of it is written', () => {
    forget(LOG_ROOM, 3, null);
    bring('n1:a', 30, 10);
    write('n1:a', 30, 4, LOG_ROOM);
    own('n2:b', 40, null, 'n1:a', LOG_ROOM);
    expect(broken).toEqual(['P18']);
  });

  test('is there again once a copy of it is written just as it was', () => {
    own('n1:a', 100, null, null, LOG_ROOM);
    write('n1:a', 100, 1, LOG_ROOM);
    publishLog('n1:a', 100, 1, ['m', 1, 1, 'x']);
    forget(LOG_ROOM, 1, null);
    bring('n1:a', 110, 100);
    write('n1:a', 110, 1, LOG_ROOM);
    broken = [];
    own('n2:b', 120, null, 'n1:a', LOG_ROOM);
    expect(broken).toEqual(['P18']);
  });

  test('stays away where the owner of an older copy came first, and not otherwise', () => {
    forget(LOG_ROOM, 3, null);
    own('n2:b', 20, null, null, LOG_ROOM);
    history.owned(LOG_ROOM, 20);
    write('n2:b', 20, 1, LOG_ROOM);
    publishLog('n2:b', 20, 1, ['+', 1]);
    forget(LOG_ROOM, 1, null);
    own('n3:c', 30, null, null, LOG_ROOM);
    history.losses.settle((node) => node === 'n2:b');
    expect(broken).toEqual(['P18']);
    bring('n1:a', 40, 10);
    history.losses.settle((node) => node === 'n2:b');
    expect(broken).toEqual(['P18']);
  });

  test('is as well what has given way to a copy', () => {
    forget(LOG_ROOM, 3, null);
    own('n2:b', 20, null, null, LOG_ROOM);
    write('n2:b', 20, 1, LOG_ROOM);
    publishLog('n2:b', 20, 1, ['+', 1]);
    bring('n1:a', 30, 10);
    write('n1:a', 30, 4, LOG_ROOM);
    forget(LOG_ROOM, 4, null);
    bring('n2:b', 40, 20);
    own('n3:c', 50, null, 'n2:b', LOG_ROOM);
    expect(broken).toEqual([]);
  });

  test('is owed by nobody once the room was closed, also in a lower epoch', () => {
    forget(LOG_ROOM, 3, null);
    history.owned(LOG_ROOM, 10);
    own('n2:b', 9, null, null, LOG_ROOM);
    history.released(LOG_ROOM, 9, 0, true);
    history.losses.settle(() => true);
    expect(broken).toEqual([]);
  });

  test.each([
    ['a second owner has what the first one began, written or not', 20, 30],
    ['the clock of the store was set back, and it can not tell which copy is the latest', 20, 9],
  ])('stays away where %s', (_, next, last) => {
    forget(LOG_ROOM, 3, null);
    history.owned(LOG_ROOM, 10);
    own('n2:b', next, null, null, LOG_ROOM);
    if (last < next) forget(LOG_ROOM, 0, null);
    own(last < next ? 'n2:b' : 'n3:c', last, null, null, LOG_ROOM);
    history.losses.settle(() => true);
    expect(broken).toEqual([]);
  });

  test('is nothing where the store forgot nothing', () => {
    own('n2:b', 20, 3, 'n1:a', LOG_ROOM);
    write('n2:b', 20, 4, LOG_ROOM);
    publishLog('n2:b', 20, 4, ['m', 1, 3, 'z']);
    bring('n1:a', 30, 10);
    expect(broken).toEqual(['P18']);
  });

  test('is brought back by an owner that lives, once it has heard that it is one', () => {
    forget(LOG_ROOM, 3, null);
    own('n2:b', 20, null, null, LOG_ROOM);
    history.losses.settle(() => true);
    expect(broken).toEqual([]);
    history.owned(LOG_ROOM, 10);
    history.losses.settle(() => false);
    expect(broken).toEqual([]);
    history.losses.settle((node) => node === 'n1:a');
    expect(broken).toEqual(['P18']);
  });
});
