import { expect, test } from 'vitest';
import { A, append, B, bytes, claim, commit, expectTtl, load, ROOM, TTL_MS } from './rooms.ts';
import { onBothStores } from './worlds.ts';

onBothStores((world) => {
  test('[P18] the next owner finds the frames after the snapshot, oldest first, with their notes', async () => {
    const epoch = await claim(world());
    await world().snapshots.commit([commit(epoch, 2)]);
    const frame = Uint8Array.from({ length: 70_000 }, (_, i) => i);
    await world().log.append([append(epoch, 5, { first: 3, frame, note: new Uint8Array([0, 255, 10]) })]);
    await world().log.append([append(epoch, 6), append(epoch, 9, { first: 7, note: bytes('note 9') })]);
    const record = await load(world());
    expect(record?.seq).toBe(2);
    expect(record?.log).toStrictEqual([
      { epoch, seq: 5, frame, note: new Uint8Array([0, 255, 10]) },
      { epoch, seq: 6, frame: bytes('frame 6'), note: null },
      { epoch, seq: 9, frame: bytes('frame 9'), note: bytes('note 9') },
    ]);
  });

  test('[P18] a room that was logged but never committed has a record', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1)]);
    const record = await load(world());
    expect(record).toMatchObject({ seq: 0, meta: null });
    expect(record?.log.map((entry) => entry.seq)).toEqual([1]);
  });

  test('[log] frames sent in one turn and in many calls keep their order', async () => {
    const epoch = await claim(world());
    const seqs = Array.from({ length: 300 }, (_, i) => i + 1);
    await Promise.all(seqs.map((seq) => world().log.append([append(epoch, seq)])));
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual(seqs);
  });

  test('[log] is fenced for another owner, another epoch and a room that is not there', async () => {
    const epoch = await claim(world());
    const answers = await world().log.append([
      append(epoch, 1, { owner: B }),
      append(epoch - 1, 1),
      append(epoch + 1, 1),
      append(epoch, 1, { room: 'demo:none' }),
      append(epoch, 1),
    ]);
    expect(answers).toEqual(['fenced', 'fenced', 'fenced', 'fenced', 'written']);
    expect(await world().ttlMs('demo:none')).toBeNull();
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual([1]);
  });

  test('[log] an older owner is refused from the moment of the claim, before the new one wrote anything', async () => {
    const old = await claim(world());
    await world().log.append([append(old, 1)]);
    const epoch = await claim(world(), B, ROOM, A);
    await expect(world().log.append([append(old, 2)])).resolves.toEqual(['fenced']);
    await expect(world().log.append([append(epoch, 2, { owner: B })])).resolves.toEqual(['written']);
    const record = await load(world(), ROOM, B);
    expect(record?.log.map((entry) => [entry.epoch, entry.seq])).toEqual([
      [old, 1],
      [epoch, 2],
    ]);
  });

  test('[log] the same frame once more counts as written and is there once', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1), append(epoch, 2)]);
    await expect(world().log.append([append(epoch, 1), append(epoch, 2)])).resolves.toEqual(['written', 'written']);
    expect((await load(world()))?.log).toHaveLength(2);
  });

  test('[log] a frame that a snapshot holds already counts as written', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1)]);
    await world().snapshots.commit([commit(epoch, 3)]);
    await expect(world().log.append([append(epoch, 1), append(epoch, 3)])).resolves.toEqual(['written', 'written']);
    expect((await load(world()))?.log).toEqual([]);
  });

  test('[log] another frame under a taken or covered seq is fenced: owner and log have parted', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 2, { first: 1 }), append(epoch, 4, { first: 3 })]);
    const other = append(epoch, 4, { first: 3, frame: bytes('another') });
    const within = append(epoch, 3, { first: 3 });
    const across = append(epoch, 5, { first: 4 });
    await expect(world().log.append([other, within, across])).resolves.toEqual(['fenced', 'fenced', 'fenced']);
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual([2, 4]);
  });

  test('[P18] a log gets no hole: a frame whose forerunner the store does not have is fenced', async () => {
    const epoch = await claim(world());
    await expect(world().log.append([append(epoch, 2)])).resolves.toEqual(['fenced']);
    await world().log.append([append(epoch, 1)]);
    await expect(world().log.append([append(epoch, 3)])).resolves.toEqual(['fenced']);
    await expect(world().log.append([append(epoch, 2)])).resolves.toEqual(['written']);
    await world().snapshots.commit([commit(epoch, 4)]);
    await expect(world().log.append([append(epoch, 6)])).resolves.toEqual(['fenced']);
    await expect(world().log.append([append(epoch, 5)])).resolves.toEqual(['written']);
  });

  test('[P18] an owner goes on where the log that it took over ends, or the copy that it brought', async () => {
    const first = await claim(world());
    await world().log.append([append(first, 1), append(first, 2), append(first, 3)]);
    const second = await claim(world(), B, ROOM, A);
    await expect(world().log.append([append(second, 3, { owner: B })])).resolves.toEqual(['fenced']);
    await expect(world().log.append([append(second, 4, { owner: B })])).resolves.toEqual(['written']);
    const third = await claim(world(), A, ROOM, B);
    // What it holds is older, but the room: all that the log has is of a story that did not happen.
    await world().snapshots.commit([commit(third, 2, { whole: true })]);
    await expect(world().log.append([append(third, 5)])).resolves.toEqual(['fenced']);
    await expect(world().log.append([append(third, 3)])).resolves.toEqual(['written']);
  });

  test('[P18] of a room that is refused nothing is written, other rooms of the call are, and later it goes on', async () => {
    const [here, there] = [await claim(world()), await claim(world(), A, 'demo:other')];
    await world().log.append([append(here, 1)]);
    const heal = await world().refuse(ROOM);
    const other = (seq: number) => append(there, seq, { room: 'demo:other' });
    await expect(world().log.append([append(here, 2), other(1), append(here, 3), other(2)])).resolves.toEqual([
      'failed',
      'written',
      'failed',
      'written',
    ]);
    await heal();
    await expect(world().log.append([append(here, 2), append(here, 3)])).resolves.toEqual(['written', 'written']);
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual([1, 2, 3]);
    expect((await load(world(), 'demo:other'))?.log.map((entry) => entry.seq)).toEqual([1, 2]);
  });

  test('[P18] a whole commit that comes late takes nothing from the log that it does not hold', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1), append(epoch, 2), append(epoch, 3)]);
    await world().snapshots.commit([commit(epoch, 2, { whole: true })]);
    await expect(world().log.append([append(epoch, 4)])).resolves.toEqual(['written']);
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual([3, 4]);
  });

  test('[P18] a frame behind one that does not follow is not judged by it', async () => {
    const epoch = await claim(world());
    await expect(world().log.append([append(epoch, 2), append(epoch, 3)])).resolves.toEqual(['fenced', 'failed']);
  });

  test('[log] a commit takes away what it holds and nothing else', async () => {
    const old = await claim(world());
    await world().log.append([append(old, 1), append(old, 2)]);
    const epoch = await claim(world());
    await world().log.append([append(epoch, 3), append(epoch, 4), append(epoch, 5)]);
    await world().snapshots.commit([commit(epoch, 4)]);
    await expect(world().log.append([append(epoch, 6)])).resolves.toEqual(['written']);
    expect((await load(world()))?.log.map((entry) => entry.seq)).toEqual([5, 6]);
  });

  test('[log] goes on after a commit that emptied it', async () => {
    const epoch = await claim(world());
    await world().log.append([append(epoch, 1)]);
    await world().snapshots.commit([commit(epoch, 1)]);
    await world().log.append([append(epoch, 2)]);
    const next = await claim(world(), B, ROOM, A);
    await world().log.append([append(next, 3, { owner: B })]);
    expect((await load(world(), ROOM, B))?.log.map((entry) => entry.seq)).toEqual([2, 3]);
  });

  test('[log] lives as long as its room', async () => {
    const epoch = await claim(world());
    await world().passMs(10_000);
    await world().log.append([append(epoch, 1)]);
    expectTtl(await world().ttlMs(ROOM), TTL_MS - 10_000);
    await claim(world(), B, ROOM, A);
    expectTtl(await world().ttlMs(ROOM), TTL_MS);
  });
});
