/** Each checker is shown the violation that it is for, and what is nearest to it and allowed. */
import { beforeEach, describe, expect, test } from 'vitest';
import { must } from '../../src/base/assert.ts';
import type { ServerEvent } from '../../src/protocol/server-reader.ts';
import { ClientView } from './check/client-view.ts';
import { Commands } from './check/commands.ts';
import { OneHistory } from './check/one-history.ts';
import { OneOwner } from './check/one-owner.ts';
import { claim, frame, PLANTED_ROOMS, PLANTED_USER, ROOM, type Told } from './check/planted.ts';
import { idText, phantom } from './command-id.ts';

const USER = PLANTED_USER;
const ROSTER_ENTRY = { member: 1, user: USER, status: 1, meta: null } as const;

let broken: string[];
let commands: Commands;
let history: OneHistory;

const report = (rule: string): void => void broken.push(rule);

beforeEach(() => {
  broken = [];
  commands = new Commands(report);
  history = new OneHistory(PLANTED_ROOMS, report, (room, epoch, seq, event) => commands.event(room, epoch, seq, event));
});

function own(node: string, epoch: number, seq: number | null, dead: string | null = null): void {
  claim(history, ROOM, node, epoch, seq, dead);
}

function publish(node: string, epoch: number, first: number, ...told: Told[]): void {
  history.published(node, `${ROOM}#${epoch}`, frame(ROOM, epoch, first, ...told));
}

function give(id: string, order: number, outcome: 'open' | 'done' | 'forbidden' = 'open'): void {
  commands.give({ id, room: ROOM, sender: 's', user: () => USER, order, isCertain: () => true });
  if (outcome !== 'open') commands.ended(id, outcome === 'done' ? null : outcome);
}

function view(): ClientView {
  return new ClientView('c', history.room(ROOM), () => USER, report);
}

function snapshotAt(seq: number, state: [string, string][] = [], me = 1, user = USER): void {
  const entries = state.map(([key, value]) => [key, new TextEncoder().encode(value)] as const);
  const roster = [{ ...ROSTER_ENTRY, user }];
  view().snapshot('joined', { epoch: 10, seq, roster, state: new Map(entries) }, me, 0);
}

function event(seq: number): ServerEvent {
  return must(history.room(ROOM).last?.at(seq), `event ${seq}`);
}

describe('[P11] one history', () => {
  beforeEach(() => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1]);
  });

  test('the same events again are fine, in other frames too', () => {
    publish('n1:a', 10, 2, ['m', 1, 1, 'x']);
    publish('n2:b', 10, 1, ['+', 1], ['m', 1, 1, 'x']);
    history.received('c', frame(ROOM, 10, 2, ['m', 1, 1, 'x']), ROOM);
    expect(broken).toEqual([]);
  });

  test('another event under a seq that is taken', () => {
    publish('n1:a', 10, 1, ['+', 2]);
    expect(broken).toEqual(['P11']);
  });

  test('a client that gets other bytes', () => {
    history.received('c', frame(ROOM, 10, 1, ['+', 1, 'guest:bbbbbbbb']), ROOM);
    expect(broken).toEqual(['P11']);
  });

  test('a hole in what the owner publishes', () => {
    publish('n1:a', 10, 3, ['m', 1, 1, 'x']);
    expect(broken).toEqual(['P11']);
  });

  test('events by a node that does not own the room, or in an epoch of nobody', () => {
    publish('n2:b', 10, 2, ['m', 1, 1, 'x']);
    publish('n1:a', 11, 2, ['m', 1, 1, 'x']);
    expect(broken).toEqual(['P11', 'P11']);
  });

  test('what a handler had undone', () => {
    publish('n1:a', 10, 2, ['m', 0, 0, phantom]);
    expect(broken).toEqual(['P15']);
  });
});

describe('[P6] [P7] [P13] what an app sees', () => {
  beforeEach(() => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1], ['m', 1, 1, 'x'], ['m', 1, 2, 'y']);
  });

  test('the room as its events make it', () => {
    snapshotAt(1);
    expect(broken).toEqual([]);
  });

  test('a key that no event wrote', () => {
    snapshotAt(3, [['k', 'v']]);
    expect(broken).toEqual(['P6']);
  });

  test('[P12] an epoch below that which it has seen, also over another connection', () => {
    own('n2:b', 20, 1, 'n1:a');
    const one = view();
    Object.assign(one, { epoch: 20, seq: 1, me: 1 });
    one.snapshot('joined', { epoch: 10, seq: 1, roster: [{ ...ROSTER_ENTRY }], state: new Map() }, 1, 0);
    one.resumed(10, 1, 1, 0);
    expect(broken).toEqual(['P12', 'P7']);
  });

  test('a place beyond what was published', () => {
    snapshotAt(4);
    expect(broken).toEqual(['P6']);
  });

  test('a `me` that is not there', () => {
    snapshotAt(1, [], 2);
    expect(broken).toContain('P8');
  });

  test('a cseq below what the room has applied', () => {
    snapshotAt(3);
    expect(broken).toEqual(['P8']);
  });

  test('events with a hole, and events that nobody published', () => {
    const one = view();
    Object.assign(one, { epoch: 10, seq: 1 });
    one.events(10, 3, [event(3)]);
    expect(broken).toEqual(['P13']);
    one.events(10, 2, [event(3)]);
    expect(broken).toEqual(['P13', 'P11']);
  });

  test('a P7 that does not continue', () => {
    const one = view();
    Object.assign(one, { epoch: 10, seq: 1, me: 1 });
    one.resumed(10, 1, 1, 1);
    expect(broken).toEqual([]);
    one.resumed(10, 2, 1, 2);
    expect(broken).toEqual(['P7']);
  });

  test('a copy that went its own way', () => {
    const one = view();
    Object.assign(one, { epoch: 10, seq: 3 });
    one.shows(new Map([['k', new Uint8Array([1])]]), new Map());
    expect(broken).toEqual(['P7']);
  });
});

describe('[P15] [P16] [P17] commands', () => {
  const judge = (): void => commands.judge(history.rooms, () => true);

  beforeEach(() => {
    own('n1:a', 10, null);
    publish('n1:a', 10, 1, ['+', 1]);
  });

  test('each once, in order, is fine; one whose end nobody knows may be missing', () => {
    give('1.1.1', 1, 'done');
    give('1.1.2', 2);
    give('1.1.3', 3, 'done');
    commands.abandoned('s');
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.1')], ['m', 1, 2, idText('1.1.3')]);
    judge();
    expect(broken).toEqual([]);
  });

  test('one that takes effect twice', () => {
    give('1.1.1', 1, 'done');
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.1')], ['m', 1, 2, idText('1.1.1')]);
    judge();
    expect(broken).toEqual(['P17']);
  });

  test('one that was taken back may take effect again', () => {
    give('1.1.1', 1, 'done');
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.1')]);
    own('n2:b', 20, 1, 'n1:a');
    publish('n2:b', 20, 2, ['m', 1, 1, idText('1.1.1')]);
    judge();
    expect(broken).toEqual([]);
  });

  test('one that was told done and did not happen', () => {
    give('1.1.1', 1, 'done');
    judge();
    expect(broken).toEqual(['P15']);
  });

  test('one that was refused and happened', () => {
    give('1.1.1', 1, 'forbidden');
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.1')]);
    expect(broken).toEqual(['P15']);
  });

  test('one that counts as another member’s, or was never given', () => {
    give('1.1.1', 1);
    publish('n1:a', 10, 2, ['+', 2, 'guest:bbbbbbbb'], ['m', 2, 1, idText('1.1.1')], ['m', 2, 2, idText('9.9.9')]);
    expect(broken).toEqual(['P15', 'P15']);
  });

  test('one that overtakes another of its sender', () => {
    give('1.1.1', 1);
    give('1.1.2', 2);
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.2')], ['m', 1, 2, idText('1.1.1')]);
    judge();
    expect(broken).toEqual(['P15']);
  });

  test('a cseq that comes twice', () => {
    give('1.1.1', 1);
    give('1.1.2', 2);
    publish('n1:a', 10, 2, ['m', 1, 1, idText('1.1.1')], ['m', 1, 1, idText('1.1.2')]);
    judge();
    expect(broken).toEqual(['P15']);
  });
});

describe('[strict] one owner at a time', () => {
  let owner: OneOwner;

  beforeEach(() => {
    owner = new OneOwner([ROOM], report);
    claimed('n1:a', 10);
  });

  function claimed(node: string, epoch: number, isCopy = false): void {
    owner.claimed({ room: ROOM, self: node }, { kind: 'owned', epoch, before: 0, isCopy, wasOwn: false, record: null });
  }

  test('an owner that says something after another node has claimed the room', () => {
    owner.published('n1:a', `${ROOM}#10`);
    claimed('n2:b', 20);
    expect(broken).toEqual([]);
    owner.published('n1:a', `${ROOM}#10`);
    expect(broken).toEqual(['strict']);
  });

  test('edges may be late, and an owner may claim again and tell what was left', () => {
    claimed('n1:a', 11);
    owner.published('n1:a', `${ROOM}#10`);
    claimed('n2:b', 20);
    owner.published('n3:c', `${ROOM}#10`);
    owner.published('n2:b', `${ROOM}#20`);
    expect(broken).toEqual([]);
  });

  test('who gave the room up in peace may tell for its next owner', () => {
    owner.gaveUp(ROOM, 'n1:a');
    claimed('n2:b', 20);
    owner.published('n1:a', `${ROOM}#10`);
    expect(broken).toEqual([]);
  });

  test('a store that forgot the owner is no fault of the owner', () => {
    owner.forgot(ROOM);
    claimed('n2:b', 20);
    owner.published('n1:a', `${ROOM}#10`);
    claimed('n3:c', 30, true);
    owner.published('n2:b', `${ROOM}#20`);
    expect(broken).toEqual([]);
  });
});
