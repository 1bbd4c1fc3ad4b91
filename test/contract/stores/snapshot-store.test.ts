import { expect, test } from 'vitest';
import { A, append, B, bytes, claim, commit, expectTtl, load, ROOM, TTL_MS } from './rooms.ts';
import { onBothStores } from './worlds.ts';

onBothStores((world) => {
  test('[commit] the next owner finds what was written', async () => {
    const epoch = await claim(world());
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const written = commit(epoch, 9_007_199_254_740_000, {
      meta: bytes('meta'),
      set: [
        ['k', all],
        ['', new Uint8Array(0)],
        ['s:clé\u0000 🎲', bytes('odd')],
      ],
      members: [
        [1, bytes('one')],
        [4_294_967_296, all],
      ],
    });
    await expect(world().snapshots.commit([written])).resolves.toEqual(['written']);
    await expect(load(world())).resolves.toStrictEqual({
      seq: written.seq,
      meta: bytes('meta'),
      state: new Map(written.set),
      members: new Map(written.members),
      log: [],
    });
  });

  test('[commit] a part changes only what it names', async () => {
    const epoch = await claim(world());
    const first = { meta: bytes('m'), set: pairs('a', 'b', 'c'), members: [member(1), member(2)] };
    await world().snapshots.commit([commit(epoch, 1, first)]);
    await world().snapshots.commit([
      commit(epoch, 2, { set: [['b', bytes('new')]], del: ['c', 'never'], members: [[1, null], member(3)] }),
    ]);
    await expect(load(world())).resolves.toStrictEqual({
      seq: 2,
      meta: bytes('m'),
      state: new Map([...pairs('a'), ['b', bytes('new')]]),
      members: new Map([member(2), member(3)]),
      log: [],
    });
  });

  test('[commit] one that comes after a later one changes nothing', async () => {
    const epoch = await claim(world());
    await world().snapshots.commit([commit(epoch, 5, { set: pairs('a') })]);
    const late = commit(epoch, 4, { set: [['a', bytes('old')]], members: [member(1)] });
    await expect(world().snapshots.commit([late])).resolves.toEqual(['written']);
    await expect(load(world())).resolves.toMatchObject({ seq: 5, state: new Map(pairs('a')), members: new Map() });
  });

  test('[commit] a part is refused where what it builds on is lost, and the whole room is not', async () => {
    const epoch = await claim(world());
    await world().snapshots.commit([commit(epoch, 5, { revision: 1, set: pairs('a') })]);
    const part = { revision: 3, base: 2, set: pairs('c') };
    await expect(world().snapshots.commit([commit(epoch, 7, part)])).resolves.toEqual(['behind']);
    const whole = { ...part, revision: 4, whole: true, set: pairs('a', 'b', 'c') };
    await expect(world().snapshots.commit([commit(epoch, 7, whole)])).resolves.toEqual(['written']);
    await expect(world().snapshots.commit([commit(epoch, 8, { revision: 5, base: 4 })])).resolves.toEqual(['written']);
    await expect(load(world())).resolves.toMatchObject({ seq: 8, state: new Map(pairs('a', 'b', 'c')) });
  });

  test('[commit] a part that builds on a commit of an epoch before is refused', async () => {
    const first = await claim(world());
    await world().snapshots.commit([commit(first, 5, { revision: 7, set: pairs('a') })]);
    const next = await claim(world(), B, ROOM, A);
    const late = commit(next, 6, { owner: B, revision: 3, base: 2 });
    await expect(world().snapshots.commit([late])).resolves.toEqual(['behind']);
    const fresh = commit(next, 6, { owner: B, revision: 1, base: 0, set: pairs('b') });
    await expect(world().snapshots.commit([fresh])).resolves.toEqual(['written']);
    await expect(load(world(), ROOM, B)).resolves.toMatchObject({ seq: 6, state: new Map(pairs('a', 'b')) });
  });

  test('[commit] sets first, then deletes; of a member named twice the last word counts', async () => {
    const epoch = await claim(world());
    const members = [member(1), [1, null], [2, null], member(2)] as const;
    await world().snapshots.commit([commit(epoch, 1, { set: pairs('k', 'l'), del: ['k'], members })]);
    const record = await load(world());
    expect([...(record?.state.keys() ?? [])]).toEqual(['l']);
    expect([...(record?.members.keys() ?? [])]).toEqual([2]);
  });

  test('[commit] the whole room replaces everything, meta too, and keeps the owner', async () => {
    const epoch = await claim(world());
    const first = { meta: bytes('m'), set: pairs('a', 'b'), members: [member(1)] };
    await world().snapshots.commit([commit(epoch, 1, first)]);
    await world().snapshots.commit([commit(epoch, 2, { whole: true, set: pairs('c'), members: [member(2)] })]);
    await expect(world().snapshots.commit([commit(epoch, 3)])).resolves.toEqual(['written']);
    await expect(load(world())).resolves.toStrictEqual({
      seq: 3,
      meta: null,
      state: new Map(pairs('c')),
      members: new Map([member(2)]),
      log: [],
    });
  });

  test('[commit] is fenced for another owner, an older or newer epoch, and a room that is not there', async () => {
    const epoch = await claim(world());
    await world().snapshots.commit([commit(epoch, 1, { set: pairs('k') })]);
    const wrong = { set: [['k', bytes('wrong')]] as const, whole: true, ttlMs: 1 };
    const answers = await world().snapshots.commit([
      commit(epoch, 2, { ...wrong, owner: B }),
      commit(epoch - 1, 2, wrong),
      commit(epoch + 1, 2, wrong),
      commit(epoch, 2, { ...wrong, room: 'demo:none' }),
    ]);
    expect(answers).toEqual(['fenced', 'fenced', 'fenced', 'fenced']);
    expectTtl(await world().ttlMs(ROOM), TTL_MS);
    expect(await world().ttlMs('demo:none')).toBeNull();
    expect((await load(world()))?.state).toEqual(new Map(pairs('k')));
  });

  test('[commit] a paused owner is fenced once another node has taken over', async () => {
    const epoch = await claim(world());
    const taken = await claim(world(), B, ROOM, A);
    await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['fenced']);
    await expect(world().snapshots.commit([commit(taken, 1, { owner: B })])).resolves.toEqual(['written']);
  });

  test('[commit] of a batch each room gets its own answer, in order', async () => {
    const rooms = Array.from({ length: 200 }, (_, i) => `demo:${i}`);
    const epochs = await Promise.all(rooms.map((room) => claim(world(), A, room)));
    const batch = rooms.map((room, i) =>
      commit((epochs[i] ?? 0) - (i % 3 === 0 ? 1 : 0), i, { room, set: pairs(room) }),
    );
    const answers = await world().snapshots.commit(batch);
    expect(answers).toEqual(rooms.map((_, i) => (i % 3 === 0 ? 'fenced' : 'written')));
    expect((await load(world(), 'demo:100'))?.state).toEqual(new Map(pairs('demo:100')));
    expect(await load(world(), 'demo:99')).toBeNull();
    await expect(world().snapshots.commit([])).resolves.toEqual([]);
  });

  test('[commit] of a batch one room that is refused keeps none of the others back', async () => {
    const rooms = ['demo:1', 'demo:2', 'demo:3'];
    const epochs = await Promise.all(rooms.map((room) => claim(world(), A, room)));
    const batch = rooms.map((room, i) => commit(epochs[i] ?? 0, 1, { room, set: pairs(room) }));
    const heal = await world().refuse('demo:2');
    await expect(world().snapshots.commit(batch)).resolves.toEqual(['written', 'failed', 'written']);
    await heal();
    await expect(world().snapshots.commit(batch)).resolves.toEqual(['written', 'written', 'written']);
    expect((await load(world(), 'demo:2'))?.state).toEqual(new Map(pairs('demo:2')));
  });

  test('[commit] takes more fields than Lua can unpack in one call', async () => {
    const epoch = await claim(world());
    const keys = Array.from({ length: 20_001 }, (_, i) => `k${i}`);
    await world().snapshots.commit([commit(epoch, 1, { set: pairs(...keys) })]);
    await world().snapshots.commit([commit(epoch, 2, { set: pairs('last'), del: keys.slice(1) })]);
    expect((await load(world()))?.state).toEqual(new Map(pairs('k0', 'last')));
  });

  test('[commit] sets the time to live of the room and its log anew', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1)]);
    await world().passMs(30_000);
    await world().snapshots.commit([commit(epoch, 0, { ttlMs: 90_000 })]);
    expectTtl(await world().ttlMs(ROOM), 90_000);
  });

  test('[commit] bytes may be used again after the call', async () => {
    const epoch = await claim(world());
    const value = bytes('before');
    const answer = world().snapshots.commit([commit(epoch, 1, { set: [['k', value]] })]);
    value.fill(0);
    await answer;
    expect((await load(world()))?.state.get('k')).toEqual(bytes('before'));
  });
});

function pairs(...keys: string[]): [string, Uint8Array][] {
  return keys.map((key) => [key, bytes(`value of ${key}`)]);
}

function member(number: number): [number, Uint8Array] {
  return [number, bytes(`member ${number}`)];
}
