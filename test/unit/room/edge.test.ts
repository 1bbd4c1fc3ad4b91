/** An edge alone: which frames it lets through to its sockets, and when it asks the owner again. */
import { beforeEach, describe, expect, test } from 'vitest';
import { encodeClosed } from '../../../src/protocol/server-frame.ts';
import { RELAY } from '../../../src/room/relay-message.ts';
import {
  answer,
  asking,
  begin,
  beginAt,
  EPOCH,
  edge,
  frame,
  joined,
  published,
  ROOM,
  said,
  storeIsAway,
  view,
} from './lone-edge.ts';

beforeEach(begin);

describe('frames', () => {
  test('[P12] that follow are published, in the topic of their epoch', () => {
    joined(1);
    frame(11, 12);
    frame(13, 13);
    expect(published).toEqual([`${ROOM}#${EPOCH} 11`, `${ROOM}#${EPOCH} 13`]);
    expect(edge.position).toEqual({ epoch: EPOCH, seq: 13 });
  });

  test('[P12] that come twice or late are dropped', () => {
    joined(1);
    frame(11, 12);
    frame(11, 12);
    frame(9, 10);
    expect(published).toHaveLength(1);
    expect(said).toEqual([]);
  });

  test('[P12] that overlap are published: clients skip what they have', () => {
    joined(1);
    frame(10, 12);
    expect(edge.position?.seq).toBe(12);
    expect(published).toHaveLength(1);
  });

  test('[P13] behind a hole are not published, and the edge attaches once from where it stands', () => {
    joined(1);
    frame(12, 12);
    frame(13, 13);
    expect(published).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });

  test('[P13] that fill the hole are published, and a later hole is asked for again', () => {
    joined(1);
    frame(12, 12);
    frame(11, 12);
    edge.attached({ epoch: EPOCH, seq: 12 });
    frame(14, 14);
    expect(published).toHaveLength(1);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`, `attach ${EPOCH}-12 1+`]);
  });

  test('[P12] of an old epoch are dropped', () => {
    joined(1);
    frame(11, 11, EPOCH - 1);
    expect([published, said]).toEqual([[], []]);
  });

  test('[P14] of a new epoch wait for the SYNC that says where it begins', () => {
    const { frames, topics } = joined(1);
    frame(11, 11, EPOCH + 5);
    expect(published).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
    edge.synced(view(11, EPOCH + 5), true, [{ conn: 1, me: 4, cseq: 2 }]);
    expect(frames.at(-1)).toMatchObject({ op: 'sync', epoch: EPOCH + 5, seq: 11, me: 4, cseq: 2 });
    expect([...topics]).toEqual([`${ROOM}#${EPOCH + 5}`]);
    frame(12, 12, EPOCH + 5);
    expect(published).toEqual([`${ROOM}#${EPOCH + 5} 12`]);
  });

  test('before the first answer are dropped: that holds them', () => {
    asking(1);
    frame(11, 11);
    expect(published).toEqual([]);
    expect(said).toEqual(['join']);
  });

  test('[P13] that the owner says it sent, and did not come, are asked for again', () => {
    joined(1);
    edge.attached({ epoch: EPOCH, seq: 12 });
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });
});

describe('JOINED', () => {
  test('[P6] of a room that was closed and made anew is not held against the place in the one before', () => {
    joined(1);
    frame(12, 12);
    const { frames } = asking(2, 7);
    edge.closed(encodeClosed(ROOM, 'over'));
    answer({ epoch: EPOCH + 5, seq: 3 }, { conn: 2, req: 7, me: 1 });
    expect(frames).toMatchObject([{ op: 'joined', epoch: EPOCH + 5, seq: 3, me: 1 }]);
  });

  test('[P6] at another place than the edge stands at is not passed on, but asked for again', () => {
    joined(1);
    const { frames } = asking(2, 7);
    said.length = 0;
    answer({ epoch: EPOCH, seq: 12 }, { conn: 2, req: 7, me: 2 });
    expect(frames).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+,2`, 'join']);
  });

  test('[P6] for a connection that has gone moves the edge to its place all the same', () => {
    answer({ epoch: EPOCH, seq: 12 }, { conn: 9, req: 1, me: 9 });
    frame(13, 13);
    expect(published).toHaveLength(1);
  });
});

describe('SYNC', () => {
  test('[P12] from before the place of the edge is dropped', () => {
    const { frames } = joined(1);
    edge.synced(view(9), true, [{ conn: 1, me: 1, cseq: 0 }]);
    edge.synced(view(20, EPOCH - 1), true, [{ conn: 1, me: 1, cseq: 0 }]);
    expect(frames).toEqual([]);
    expect(edge.position).toEqual({ epoch: EPOCH, seq: 10 });
  });

  test('[P13] tells members that it does not name where the room stands', () => {
    joined(1);
    const other = joined(2);
    edge.synced(view(20), true, [{ conn: 1, me: 1, cseq: 0 }]);
    expect(other.frames).toMatchObject([{ op: 'position', seq: 20 }]);
  });

  test('for one member moves no other, and is asked for again from another place', () => {
    const { frames } = joined(1);
    edge.synced(view(10), false, [{ conn: 1, me: 3, cseq: 0 }]);
    expect(frames.map(({ op }) => op)).toEqual(['sync']);
    edge.synced(view(12), false, [{ conn: 1, me: 3, cseq: 0 }]);
    expect(frames).toHaveLength(1);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });

  test('does not go to a seat whose JOIN is still open', () => {
    joined(1);
    const { frames } = asking(2);
    edge.synced(view(20), true, [{ conn: 2, me: 3, cseq: 0 }]);
    expect(frames).toEqual([]);
  });
});

describe('asking again', () => {
  test('names joined and asking seats, and repeats JOIN and LEAVE', () => {
    joined(1);
    asking(2);
    const leaving = joined(3);
    leaving.seat.leave(5);
    said.length = 0;
    edge.attach();
    expect(said).toEqual([`attach ${EPOCH}-10 1+,2`, 'join', 'leave']);
  });

  test('at the start says nothing but JOIN where nobody has joined', () => {
    asking(1);
    said.length = 0;
    edge.start();
    expect(said).toEqual(['join']);
  });

  test('[P14] at the start attaches from where seats of an earlier owner stand', () => {
    joined(1);
    beginAt({ epoch: EPOCH - 5, seq: 10 });
    edge.start();
    expect(said).toEqual([`attach ${EPOCH - 5}-10 1+`]);
  });
});

test('[P15] a command is refused as unavailable while the owner can not be reached', () => {
  const { seat, frames } = joined(1);
  storeIsAway();
  edge.command(RELAY.message, seat, 4, new Uint8Array(3), 0, 3);
  expect(frames).toMatchObject([{ op: 'error', code: 'unavailable', cseq: 4, retry: true }]);
  expect(said).toEqual([]);
});

test('[P6] who joins where the node has seen a later epoch, perhaps of another room, is answered and not asked for again', () => {
  beginAt({ epoch: EPOCH, seq: 10 }, EPOCH + 5);
  const { frames } = asking(2);
  answer({ epoch: EPOCH, seq: 10 }, { conn: 2, req: 1, me: 2 });
  expect(frames.map(({ op }) => op)).toEqual(['joined']);
  expect(said).toEqual(['join']);
});
