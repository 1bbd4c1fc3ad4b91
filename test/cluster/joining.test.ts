import { describe, expect, it } from 'vitest';
import { bytesOf } from '../support/independent/client-frames.ts';
import type { Position, RoomEvent } from '../support/independent/frames.ts';
import { until } from '../support/until.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({ GRACE_MS: '1500' });
const clients = useClients();

const one = Uint8Array.of(1);
const at = ({ epoch, seq }: Position): Position => ({ epoch, seq });

describe('JOIN', () => {
  it('[P6] without since gives a snapshot that holds me, on whichever node', async () => {
    const room = newRoom();
    const first = await clients.guest(cluster().nodeUrl(0));
    const joined = await first.client.join(room, { meta: bytesOf('one') });
    expect(joined.cseq).toBe(0);
    expect(joined.epoch).toBeGreaterThan(1_600_000_000_000);
    expect(joined.state).toEqual(new Map());
    expect(joined.roster).toMatchObject([{ member: joined.me, status: 1, meta: Buffer.from('one') }]);
    first.client.set(room, 1, { a: one, b: one, c: one });
    first.client.set(room, 2, { b: bytesOf('two') }, ['a']);
    const { seq } = await first.client.event(room, { kind: 'changed', cseq: 2 });

    for (const node of [1, 2]) {
      const other = await clients.guest(cluster().nodeUrl(node));
      const snapshot = await other.client.join(room, { meta: bytesOf(`at ${node}`) });
      expect(snapshot.epoch).toBe(joined.epoch);
      expect(snapshot.seq).toBeGreaterThan(seq);
      expect(snapshot.state).toEqual(
        new Map([
          ['b', Buffer.from('two')],
          ['c', Buffer.from([1])],
        ]),
      );
      const mine = snapshot.roster?.find(({ member }) => member === snapshot.me);
      const user = `guest:${other.welcome.sid.slice(0, 8)}`;
      expect(mine).toEqual({ member: snapshot.me, user, status: 1, meta: Buffer.from(`at ${node}`) });
      expect(snapshot.roster?.some(({ member }) => member === joined.me)).toBe(true);
      const { event } = await first.client.event(room, { kind: 'joined', member: snapshot.me });
      expect(event).toEqual({ kind: 'joined', member: snapshot.me, user, meta: Buffer.from(`at ${node}`) });
    }
  });

  it('[P6] the meta of the first JOIN stays', async () => {
    const room = newRoom();
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    await client.join(room, { meta: bytesOf('first') });
    const again = await client.join(room, { meta: bytesOf('second') });
    expect(again.roster).toMatchObject([{ meta: Buffer.from('first') }]);
    client.cut();
    const back = await clients.guest(cluster().nodeUrl(1), { resume: welcome.resume });
    expect((await back.client.join(room, { meta: bytesOf('third') })).roster).toMatchObject([
      { meta: Buffer.from('first') },
    ]);
  });

  it('[P6] with a since that the room never had gives a snapshot', async () => {
    const room = newRoom();
    const { client } = await clients.guest(cluster().url);
    const joined = await client.join(room);
    for (const since of [
      { epoch: joined.epoch - 86_400_000, seq: 1 },
      { epoch: joined.epoch + 86_400_000, seq: 1 },
      { epoch: joined.epoch, seq: joined.seq + 1000 },
      { epoch: 0, seq: 0 },
      { epoch: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER },
    ]) {
      const answer = await client.join(room, { since });
      expect(answer.roster, JSON.stringify(since)).not.toBeNull();
      expect(answer.state).not.toBeNull();
      expect(at(answer)).toEqual(at(joined));
    }
  });

  it('[P7] [P8] with since brings exactly the missing events, on another node, under the same number', async () => {
    const room = newRoom();
    const away = await clients.guest(cluster().nodeUrl(0));
    const joined = await away.client.join(room);
    away.client.send(room, 1, bytesOf('mine'));
    const last = await away.client.event(room, { kind: 'message', cseq: 1 });
    const other = await clients.guest(cluster().nodeUrl(1));
    const { me } = await other.client.join(room);
    const since = await away.client.event(room, { kind: 'joined', member: me });
    expect(since.seq).toBe(last.seq + 1);
    away.client.cut();
    await other.client.event(room, { kind: 'status', member: joined.me, status: 0 });
    for (let cseq = 1; cseq <= 20; cseq++) other.client.send(room, cseq, bytesOf(`missed ${cseq}`));
    await other.client.event(room, { kind: 'message', member: me, cseq: 20 });

    const back = await clients.guest(cluster().nodeUrl(2), { resume: away.welcome.resume });
    const resumed = await back.client.join(room, { since });
    expect(resumed).toMatchObject({ me: joined.me, cseq: 1, roster: null, state: null, epoch: joined.epoch });
    await back.client.event(room, { kind: 'status', member: joined.me, status: 1 });
    const replay: RoomEvent[] = [];
    for (const frame of back.client.frames) {
      if (frame.op !== 'events') continue;
      const had = since.seq + replay.length - (frame.first - 1);
      expect(had).toBeGreaterThanOrEqual(0);
      replay.push(...frame.events.slice(had));
    }
    const messages = replay.flatMap((event) => (event.kind === 'message' ? [event.cseq] : []));
    expect(messages).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(replay[0]).toEqual({ kind: 'status', member: joined.me, status: 0 });
  });

  it('[P7] with since at the last event brings nothing', async () => {
    const room = newRoom();
    const { client } = await clients.guest(cluster().url);
    const joined = await client.join(room);
    const again = await client.join(room, { since: at(joined) });
    expect(again).toMatchObject({ ...at(joined), roster: null, state: null, me: joined.me });
    await client.ping(1);
    expect(client.frames.filter(({ op }) => op === 'events')).toEqual([]);
  });

  it('[P9] of a room already joined makes no second member', async () => {
    const room = newRoom();
    const witness = await clients.guest(cluster().nodeUrl(1));
    await witness.client.join(room);
    const { client } = await clients.guest(cluster().nodeUrl(0));
    const joined = await client.join(room);
    client.send(room, 1, one);
    const since = await client.event(room, { kind: 'message', cseq: 1 });
    expect(await client.join(room)).toMatchObject({ me: joined.me, cseq: 1 });
    expect(await client.join(room, { since: at(joined) })).toMatchObject({ me: joined.me, roster: null });
    await until(() => client.eventsOf(room).length >= 2);
    expect(client.eventsOf(room).map(({ seq }) => seq)).toEqual([joined.seq + 1, joined.seq + 1]);
    const last = await client.join(room);
    expect(last.roster?.map(({ member }) => member).sort()).toHaveLength(2);
    expect(at(last)).toEqual(at(since));
    client.send(room, 2, one);
    await witness.client.event(room, { kind: 'message', member: joined.me, cseq: 2 });
    const joins = witness.client.eventsOf(room).filter(({ event }) => event.kind === 'joined');
    expect(joins).toHaveLength(1);
  });
});

describe('absence', () => {
  it('[P10] a lost connection makes a member away, and its return makes it present', async () => {
    const room = newRoom();
    const witness = await clients.guest(cluster().nodeUrl(1));
    await witness.client.join(room);
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    const { me } = await client.join(room);
    client.cut();
    await witness.client.event(room, { kind: 'status', member: me, status: 0 });
    const between = await clients.guest(cluster().nodeUrl(2));
    const { roster } = await between.client.join(room);
    expect(roster?.find(({ member }) => member === me)?.status).toBe(0);
    const back = await clients.guest(cluster().nodeUrl(2), { resume: welcome.resume });
    expect((await back.client.join(room)).me).toBe(me);
    await witness.client.event(room, { kind: 'status', member: me, status: 1 });
  });

  it('[P10] after the grace time it leaves for good, and comes back as another member', async () => {
    const room = newRoom();
    const witness = await clients.guest(cluster().nodeUrl(1));
    await witness.client.join(room);
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    const { me } = await client.join(room);
    client.send(room, 1, one);
    await witness.client.event(room, { kind: 'message', member: me });
    await client.close();
    await witness.client.event(room, { kind: 'status', member: me, status: 0 });
    await witness.client.event(room, { kind: 'left', member: me, reason: 1 });
    const back = await clients.guest(cluster().nodeUrl(0), { resume: welcome.resume });
    expect(back.welcome.sid).toBe(welcome.sid);
    const joined = await back.client.join(room);
    expect(joined.me).toBeGreaterThan(me);
    expect(joined.cseq).toBe(0);
  });

  it('[section 3] LEAVE is answered by LEFT, seen as left by the others, and the number is not used again', async () => {
    const room = newRoom();
    const witness = await clients.guest(cluster().nodeUrl(1));
    await witness.client.join(room);
    const { client } = await clients.guest(cluster().nodeUrl(0));
    const { me } = await client.join(room);
    expect(await client.leave(room)).toMatchObject({ op: 'left', room });
    await witness.client.event(room, { kind: 'left', member: me, reason: 0 });
    client.send(room, 1, one);
    expect(await client.next('error')).toMatchObject({ code: 'not-joined', room, cseq: 1 });
    const again = await client.join(room);
    expect(again.me).toBeGreaterThan(me);
    expect(again).toMatchObject({ cseq: 0, roster: expect.any(Array) });
    client.send(room, 1, one);
    await witness.client.event(room, { kind: 'message', member: again.me, cseq: 1 });
  });
});
