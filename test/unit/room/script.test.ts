/** Handlers of a defined room: each call is a transaction, and what they ask for happens when they have returned. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Logger } from '../../../src/base/logger.ts';
import { decodeMessage, encodePayload } from '../../../src/protocol/payload.ts';
import { defineRoom, type Room, type RoomMember } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

type Handler = (room: Room, member: RoomMember) => unknown;

const ROOM = 'game:1';

let cluster: CoreCluster;
let node: CoreNode;
/** What the handlers of the room under test do; a test sets what it needs. */
let act: { message: Handler; join: Handler; leave: Handler };
let errors: object[];
let left: string[];

const game = defineRoom({
  type: 'game',
  onCreate: (room) => void room.state.set('made', true),
  onJoin: (room, member) => act.join(room, member) as undefined,
  onMessage: (room, member) => act.message(room, member) as undefined,
  onLeave(room, member, reason) {
    left.push(`${member.number} ${reason}`);
    return act.leave(room, member) as undefined;
  },
});

beforeEach(async () => {
  const nothing: Handler = () => undefined;
  act = { message: nothing, join: nothing, leave: nothing };
  errors = [];
  left = [];
  const ignore = (): void => {};
  const log: Logger = { debug: ignore, info: ignore, warn: ignore, error: (fields) => errors.push(fields) };
  cluster = new CoreCluster({ definitions: [game], log });
  node = await cluster.node('a');
});

afterEach(() => cluster.stop());

async function joined(): Promise<VirtualClient> {
  const client = node.connect();
  client.join(ROOM);
  await cluster.run();
  return client;
}

/** Lets `handler` handle one message of the client. */
async function handle(client: VirtualClient, handler: Handler, cseq = 1): Promise<void> {
  act.message = handler;
  client.call(ROOM, cseq, 'go');
  await cluster.run();
}

function owned(): Record<string, unknown> {
  const { state } = node.owner(ROOM);
  return Object.fromEntries([...state.entries()].map(([key, value]) => [key, value.length]));
}

describe('a handler that throws', () => {
  test('[P15] gets its command internal, leaves nothing, and is logged with room and member', async () => {
    const client = await joined();
    const seq = client.last('joined').seq;
    await handle(client, (room, member) => {
      room.state.set('k', 1);
      room.broadcast('said', 1);
      room.send(member, 'direct', 1);
      throw new Error('a bug of the game');
    });
    expect(client.last('error')).toMatchObject({ code: 'internal', retry: true, cseq: 1 });
    expect(client.all('direct')).toEqual([]);
    expect(node.owner(ROOM).feed.seq).toBe(seq);
    expect(Object.keys(owned())).toEqual(['made']);
    expect(errors).toMatchObject([{ room: ROOM, member: 1, type: 'game' }]);
  });

  test('[P15] does not use the cseq up, since internal may be tried again', async () => {
    const client = await joined();
    await handle(client, () => {
      throw new Error('a bug of the game');
    });
    await handle(client, (room) => room.broadcast('said', 1));
    expect(client.last('ack').cseq).toBe(1);
  });

  test('[P15] a promise counts as a throw: handlers are synchronous', async () => {
    const client = await joined();
    await handle(client, async (room) => {
      room.state.set('k', 1);
      throw new Error('later');
    });
    expect(client.last('error')).toMatchObject({ code: 'internal', cseq: 1 });
    expect(Object.keys(owned())).toEqual(['made']);
    expect(node.counters.handlerFaults).toBe(1);
  });

  test('in onLeave does not keep the member', async () => {
    const client = await joined();
    act.leave = () => {
      throw new Error('a bug of the game');
    };
    client.leave(ROOM);
    await cluster.run();
    expect(client.last('left').room).toBe(ROOM);
    expect(node.owner(ROOM).roster.size).toBe(0);
  });
});

describe('a rejection', () => {
  test('[P15] that is final uses the cseq up', async () => {
    const client = await joined();
    await handle(client, (room) => room.reject('forbidden', 'not you'));
    expect(client.last('error')).toMatchObject({ code: 'forbidden', message: 'not you', cseq: 1, retry: false });
    client.call(ROOM, 1, 'go');
    await cluster.run();
    expect(client.last('ack').cseq).toBe(1);
  });

  test('[P6] in onJoin refuses the JOIN, and nobody saw the member', async () => {
    const first = await joined();
    act.join = (room) => {
      room.state.set('greeted', true);
      room.reject('unauthorized', 'by invitation');
    };
    const second = await joined();
    expect(second.last('error')).toMatchObject({ code: 'unauthorized', message: 'by invitation', req: 1 });
    expect(second.connection.seats).toEqual([]);
    expect(first.all('events')).toEqual([]);
    expect(node.owner(ROOM).roster.size).toBe(1);
    expect(Object.keys(owned())).toEqual(['made']);
  });

  test('[P11] takes back nothing that an earlier handler of the same turn did', async () => {
    const client = await joined();
    act.message = (room) => room.state.set('k', 'kept');
    client.call(ROOM, 1, 'go');
    act.message = (room) => {
      room.state.set('k', 'gone');
      room.broadcast('said', 1);
      room.reject('forbidden');
    };
    client.call(ROOM, 2, 'go');
    await cluster.run();
    const { events } = client.last('events');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ kind: 'state', member: 0 });
    expect(owned()).toMatchObject({ k: 5 });
  });

  test('a key that would be over the limit is not set even where the handler goes on', async () => {
    const client = await joined();
    await handle(client, (room) => {
      room.state.set('k', 'small');
      try {
        room.state.set('k', 'x'.repeat(2_000_000));
      } catch {
        room.broadcast('full', null);
      }
    });
    expect(owned()).toMatchObject({ k: 6 });
    expect(client.last('events').events.map(({ kind }) => kind)).toEqual(['state', 'message']);
  });
});

describe('a value of the state', () => {
  test('is what was set, whatever a handler does to what it set or got', async () => {
    const client = await joined();
    const seen: unknown[] = [];
    await handle(client, ({ state }) => {
      const value = { pos: { x: 1 }, tags: ['a'] };
      state.set('k', value);
      value.pos.x = 2;
      const got = state.get('k') as typeof value;
      got.pos.x = 3;
      got.tags.push('b');
      seen.push(state.get('k'));
    });
    await handle(client, ({ state }) => void seen.push(state.get('k')), 2);
    expect(seen).toEqual(new Array(2).fill({ pos: { x: 1 }, tags: ['a'] }));
    expect(node.owner(ROOM).state.get('k')).toEqual(encodePayload({ pos: { x: 1 }, tags: ['a'] }));
  });

  test('is the one before where a handler throws', async () => {
    const client = await joined();
    await handle(client, ({ state }) => state.set('k', 1));
    await handle(
      client,
      ({ state }) => {
        state.set('k', 2);
        throw new Error('a bug of the game');
      },
      2,
    );
    const seen: unknown[] = [];
    await handle(client, ({ state }) => void seen.push(state.get('k')), 2);
    expect(seen).toEqual([1]);
  });

  test('comes back the same where it takes the codec: bytes, a bigint, much', async () => {
    const client = await joined();
    const values = [Uint8Array.of(1, 2), { id: 2n ** 60n }, { list: new Array(300).fill(1) }, { a: undefined }];
    const seen: unknown[] = [];
    await handle(client, ({ state }) => {
      values.forEach((value, i) => void state.set(`k${i}`, value));
      seen.push(...values.map((_, i) => state.get(`k${i}`)));
    });
    expect(seen).toEqual([Uint8Array.of(1, 2), { id: 2n ** 60n }, { list: new Array(300).fill(1) }, { a: null }]);
  });
});

describe('what a handler asks for', () => {
  test('[P11] server writes of one turn are one event per key, in front of what follows', async () => {
    const client = await joined();
    await handle(client, (room) => {
      room.state.set('a', 1);
      room.state.set('a', 2);
      room.state.set('b', 1);
      room.state.delete('b');
      room.broadcast('said', null);
      room.state.set('a', 3);
    });
    const [write, said, again] = client.last('events').events;
    expect(write).toMatchObject({ kind: 'state', set: new Map([['a', new Uint8Array([2])]]), del: ['b'] });
    expect(said?.kind).toBe('message');
    expect(again).toMatchObject({ kind: 'state', set: new Map([['a', new Uint8Array([3])]]), del: [] });
  });

  test('remove takes the member out when the handler has returned', async () => {
    const [client, other] = [await joined(), await joined()];
    await handle(client, (room, member) => {
      for (const each of room.members.values()) if (each !== member) room.remove(each);
      expect(room.members.size).toBe(2);
    });
    expect(other.last('error')).toMatchObject({ code: 'unauthorized', room: ROOM });
    expect(client.events(ROOM).at(-1)).toMatch(/-2 2$/);
    expect(left).toEqual(['2 removed']);
  });

  test('remove of a member by its own onLeave does nothing more', async () => {
    const client = await joined();
    act.leave = (room, member) => room.remove(member);
    client.leave(ROOM);
    await cluster.run();
    expect(left).toEqual(['1 left']);
    expect(client.last('left').room).toBe(ROOM);
    expect(errors).toEqual([]);
  });

  test('onLeave that removes everybody ends every membership once', async () => {
    const [client, ...others] = [await joined(), await joined(), await joined()];
    act.leave = (room) => {
      for (const each of room.members.values()) room.remove(each);
    };
    client?.leave(ROOM);
    await cluster.run();
    expect(left.sort()).toEqual(['1 left', '2 removed', '3 removed']);
    expect(node.owner(ROOM).roster.size).toBe(0);
    for (const other of others) expect(other.last('error').code).toBe('unauthorized');
  });

  test('send reaches one member, behind the events of the same turn', async () => {
    const [client, other] = [await joined(), await joined()];
    client.take();
    await handle(client, (room, member) => {
      room.send(member, 'secret', 42);
      room.broadcast('public', 1);
    });
    expect(client.frames.map(({ op }) => op)).toEqual(['events', 'ack', 'direct']);
    expect(decodeMessage(client.last('direct').payload)).toEqual({ type: 'secret', data: 42 });
    expect(other.all('direct')).toEqual([]);
  });

  test('a room can not be used when its handler is over', async () => {
    const client = await joined();
    let kept: Room | undefined;
    await handle(client, (room) => {
      kept = room;
    });
    expect(() => kept?.broadcast('late', 1)).toThrow('inside its handlers only');
    expect(() => kept?.state.set('late', 1)).toThrow('inside its handlers only');
  });

  test('[P15] SET is forbidden where the type does not allow it', async () => {
    const client = await joined();
    client.set(ROOM, 1, { k: 'v' });
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'forbidden', cseq: 1 });
  });

  test('[P15] a payload that is not [type, data] is forbidden', async () => {
    const client = await joined();
    client.send(ROOM, 1, '\u0001');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'forbidden', cseq: 1 });
  });
});
