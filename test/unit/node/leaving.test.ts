/** The ends of a membership, and what a client says around them without waiting for answers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineRoom } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const GAME = 'game:1';

const game = defineRoom({
  type: 'game',
  onJoin(room, member) {
    if (Buffer.from(member.meta ?? []).toString() === 'unwelcome') room.remove(member);
    if (Buffer.from(member.meta ?? []).toString() === 'last') room.close('over');
  },
  onMessage(room, member, type) {
    if (type === 'kick') for (const other of room.members.values()) if (other !== member) room.remove(other);
    if (type === 'close') room.close('over');
  },
});

describe.each(['the owner', 'an edge'])('at %s', (where) => {
  let cluster: CoreCluster;
  let owner: CoreNode;
  let here: CoreNode;
  /** Member 1 of both rooms, at the owner. */
  let first: VirtualClient;
  let client: VirtualClient;

  beforeEach(async () => {
    cluster = new CoreCluster({ definitions: [game] });
    const [a, b] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
    owner = a;
    here = where === 'the owner' ? a : b;
    first = owner.connect();
    first.join(ROOM);
    first.join(GAME);
    await cluster.run();
    client = here.connect();
  });

  afterEach(() => cluster.stop());

  function membersHere(room: string): number[] {
    return [...owner.owner(room).roster.members.values()].filter(({ here: isHere }) => isHere).map((m) => m.number);
  }

  test('[P9] LEAVE and JOIN in one breath end one membership and begin another', async () => {
    client.join(ROOM);
    await cluster.run();
    const left = client.leave(ROOM);
    const req = client.join(ROOM);
    await cluster.run();
    expect(client.last('left').req).toBe(left);
    expect(client.last('joined')).toMatchObject({ req, me: 3 });
    first.send(ROOM, 1, 'hello');
    client.send(ROOM, 1, 'me too');
    await cluster.run();
    expect(
      client
        .events(ROOM)
        .slice(-2)
        .map((event) => event.slice(2)),
    ).toEqual(['1:hello', '3:me too']);
    client.drop();
    await cluster.run();
    expect(membersHere(ROOM)).toEqual([1]);
  });

  test('[P6] JOIN and LEAVE in one breath are both answered, and nobody stays', async () => {
    const req = client.join(ROOM);
    const leave = client.leave(ROOM);
    await cluster.run();
    const answers = client.frames.filter((frame) => 'req' in frame && frame.req === req);
    expect(answers.map(({ op }) => op)).toHaveLength(1);
    expect(client.last('left').req).toBe(leave);
    expect(membersHere(ROOM)).toEqual([1]);
    expect(client.connection.seats).toEqual([]);
  });

  test('[P9] a JOIN that meets the removal by the room makes a member or is refused, never a ghost', async () => {
    client.join(GAME);
    await cluster.run();
    first.call(GAME, 1, 'kick');
    const req = client.join(GAME);
    await cluster.run();
    const answer = client.frames.find((frame) => 'req' in frame && frame.req === req);
    expect(answer?.op).toMatch(/joined|error/);
    client.drop();
    await cluster.run();
    expect(membersHere(GAME)).toEqual([1]);
  });

  test('[P6] a LEAVE that meets the removal by the room is answered', async () => {
    client.join(GAME);
    await cluster.run();
    first.call(GAME, 1, 'kick');
    const req = client.leave(GAME);
    await cluster.run();
    expect(client.last('left').req).toBe(req);
    expect(client.connection.seats).toEqual([]);
    expect(membersHere(GAME)).toEqual([1]);
  });

  test('[P9] a JOIN to catch up that LEAVE overtakes is answered', async () => {
    client.join(ROOM);
    await cluster.run();
    const req = client.join(ROOM, client.last('joined'));
    const leave = client.leave(ROOM);
    await cluster.run();
    const answers = client.frames.filter((frame) => 'req' in frame && frame.req === req);
    expect(answers).toHaveLength(1);
    expect(client.last('left').req).toBe(leave);
    expect(client.connection.seats).toEqual([]);
  });

  test('[P6] a member that onJoin removes gets its JOIN answered', async () => {
    const req = client.join(GAME, null, 'unwelcome');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ req, retry: false });
    expect(client.connection.seats).toEqual([]);
    expect(membersHere(GAME)).toEqual([1]);
  });

  test('[P14] a room that onJoin closes says CLOSED last, to everybody', async () => {
    client.join(GAME, null, 'last');
    await cluster.run();
    for (const each of [first, client])
      expect(each.frames.filter((frame) => 'room' in frame && frame.room === GAME).at(-1)?.op).toBe('closed');
    expect(client.connection.seats).toEqual([]);
    expect([owner.role(GAME), here.role(GAME)]).toEqual(['nothing', 'nothing']);
  });

  test('[P6] the name of a closed room is free again, under a higher epoch', async () => {
    client.join(GAME);
    await cluster.run();
    const before = client.last('joined').epoch;
    first.call(GAME, 1, 'close');
    await cluster.run();
    expect(client.last('closed')).toMatchObject({ room: GAME, reason: 'over' });
    client.join(GAME);
    await cluster.run();
    const { me, seq, epoch } = client.last('joined');
    expect({ me, seq }).toEqual({ me: 1, seq: 1 });
    expect(epoch).toBeGreaterThan(before);
  });

  test('[P17] a command for a room that was closed does not pass for the first one in the next room of its name', async () => {
    const publish = 'mailbox.publish';
    const other = here.connect();
    other.join(GAME);
    await cluster.run();
    // Behind a loss, a JOIN is asked again. Its first answer is of the old room, and comes late; its second of the new one.
    here.losing.add(owner.id);
    other.call(GAME, 1, 'lost');
    await cluster.run();
    here.losing.delete(owner.id);
    owner.gate.hold(publish);
    client.join(GAME);
    await cluster.run();
    here.gate.hold(publish);
    owner.gate.release();
    await cluster.run();
    owner.losing.add(here.id);
    first.call(GAME, 1, 'close');
    await cluster.run();
    here.gate.release();
    await cluster.run();
    client.call(GAME, 1, 'for the old room');
    await cluster.run();
    owner.losing.delete(here.id);
    await cluster.run(600);
    client.join(GAME);
    await cluster.run();
    expect(client.last('joined').cseq).toBe(0);
  });

  test('[P15] a command of somebody who left is refused as not-joined', async () => {
    client.join(ROOM);
    await cluster.run();
    client.leave(ROOM);
    await cluster.run();
    client.send(ROOM, 1, 'too late');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'not-joined', cseq: 1 });
  });

  test('the owner keeps nothing of connections that came and left', async () => {
    const stays = here.connect();
    stays.join(ROOM);
    await cluster.run();
    for (let i = 0; i < 5; i++) {
      const guest = here.connect();
      guest.join(ROOM);
      await cluster.run();
      guest.leave(ROOM);
      await cluster.run();
      guest.drop();
      await cluster.run();
    }
    const edge = owner.owner(ROOM).feed.edges.get(here.core.key);
    expect(edge?.links.size ?? 1).toBe(1);
  });
});
