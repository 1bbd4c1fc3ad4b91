import { describe, expect, test } from 'vitest';
import { TOMBSTONE_MS } from '../../../src/cluster/memory-directory.ts';
import { until } from '../../support/until.ts';
import { A, append, B, bytes, claim, claimOf, commit, expectTtl, load, owned, ROOM, TTL_MS } from './rooms.ts';
import { onBothStores } from './worlds.ts';

onBothStores((world) => {
  describe('claim', () => {
    test('[claim] a fresh room is owned at once, without a record, in an epoch of about now', async () => {
      const before = await world().timeMs();
      const { epoch, record } = owned(await world().directory.claim(claimOf(A)));
      expect(record).toBeNull();
      expect(epoch).toBeGreaterThanOrEqual(before);
      expect(epoch).toBeLessThanOrEqual((await world().timeMs()) + 1);
      expectTtl(await world().ttlMs(ROOM), TTL_MS);
    });

    test('[claim] a room of another owner stays with it', async () => {
      const epoch = await claim(world());
      await expect(world().directory.claim(claimOf(B, { ttlMs: 1 }))).resolves.toMatchObject({
        kind: 'other',
        epoch,
        owner: A,
      });
      expectTtl(await world().ttlMs(ROOM), TTL_MS);
      await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['written']);
    });

    test('[claim] a dead owner is replaced only where the claim names exactly this life of it', async () => {
      const epoch = await claim(world());
      const wrong = await world().directory.claim(claimOf(B, { dead: 'a:2' }));
      expect(wrong).toMatchObject({ kind: 'other', epoch, owner: A });
      expect(await claim(world(), B, ROOM, A)).toBeGreaterThan(epoch);
    });

    test('[claim] a dead owner is replaced only by its last claim where the claim names that', async () => {
      await world().directory.claim(claimOf(A, { attempt: 4 }));
      await expect(world().directory.claim(claimOf(B))).resolves.toMatchObject({ kind: 'other', attempt: 4 });
      const { epoch } = owned(await world().directory.claim(claimOf(A, { attempt: 5 })));
      const early = await world().directory.claim(claimOf(B, { dead: A, deadAttempt: 4 }));
      expect(early).toEqual({ kind: 'other', epoch, owner: A, attempt: 5 });
      owned(await world().directory.claim(claimOf(B, { dead: A, deadAttempt: 5 })));
    });

    test('[claim] an owner that was handed the room and died before it claimed it is named by no claim', async () => {
      const { epoch } = owned(await world().directory.claim(claimOf(A, { attempt: 4 })));
      await world().directory.transfer(ROOM, A, epoch, B, TTL_MS);
      await expect(world().directory.claim(claimOf('c:1'))).resolves.toMatchObject({ kind: 'other', attempt: 0 });
      owned(await world().directory.claim(claimOf('c:1', { dead: B, deadAttempt: 0 })));
    });

    test('[claim] naming a dead owner does no harm where there is none', async () => {
      await expect(claim(world(), B, ROOM, A)).resolves.toBeGreaterThan(0);
    });

    test('[claim] the owner itself gets a new epoch, which fences the one before', async () => {
      const first = await claim(world());
      const second = await claim(world());
      expect(second).toBeGreaterThan(first);
      await expect(world().snapshots.commit([commit(first, 1)])).resolves.toEqual(['fenced']);
      await expect(world().snapshots.commit([commit(second, 1)])).resolves.toEqual(['written']);
    });

    test('[claim] of many nodes at once exactly one gets the room', async () => {
      const nodes = Array.from({ length: 20 }, (_, i) => `n${i}:1`);
      const claims = await Promise.all(nodes.map((node) => world().directory.claim(claimOf(node))));
      expect(claims.filter((one) => one.kind === 'owned')).toHaveLength(1);
    });

    test('[claim] a room whose time is over is a fresh one, in a later epoch', async () => {
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 3, { set: [['k', bytes('v')]] })]);
      await world().log.append([append(epoch, 4)]);
      await world().passMs(TTL_MS);
      const next = owned(await world().directory.claim(claimOf(B)));
      expect(next.record).toBeNull();
      expect(next.epoch).toBeGreaterThan(epoch);
    });

    test('[claim] epochs grow with each claim, even many in one millisecond', async () => {
      const epochs = await Promise.all(Array.from({ length: 100 }, () => claim(world())));
      for (let i = 1; i < epochs.length; i++) expect(epochs[i]).toBeGreaterThan(epochs[i - 1] ?? Infinity);
    });

    test('[claim] epochs grow over a store that lost its data', async () => {
      const epoch = await claim(world());
      await world().passMs(1);
      await until(async () => (await world().timeMs()) > epoch);
      await world().forget();
      const next = owned(await world().directory.claim(claimOf(B)));
      expect(next.record).toBeNull();
      expect(next.epoch).toBeGreaterThan(epoch);
    });

    test('[claim] rooms and node ids with odd characters stay apart', async () => {
      const rooms = ['demo:1', 'demo:1.', 'demo:1:log', 'demo', 'Demo:1', `x${':'.repeat(127)}`];
      const odd = 'nö de}{"*?[x]\u0001:1';
      for (const room of rooms) await claim(world(), odd, room);
      for (const room of rooms) {
        const found = await world().directory.claim(claimOf(A, { room, dead: 'nö:1' }));
        expect(found).toMatchObject({ kind: 'other', owner: odd });
        expect(owned(await world().directory.claim(claimOf(A, { room, dead: odd }))).record).toBeNull();
      }
    });
  });

  describe('claim with a copy', () => {
    test('[claim] a copy whose epoch the store forgot is the room, above all epochs that its owner saw', async () => {
      const copy = (await world().timeMs()) + 60_000;
      const found = owned(await world().directory.claim(claimOf(A, { copy })));
      expect(found).toMatchObject({ isCopy: true, before: 0, record: null });
      expect(found.epoch).toBeGreaterThan(copy);
    });

    test('[claim] of two copies the one of the later epoch wins, whoever comes first', async () => {
      const [older, newer] = [5, 7];
      const first = owned(await world().directory.claim(claimOf(A, { copy: older })));
      const second = owned(await world().directory.claim(claimOf(B, { copy: newer })));
      expect(second).toMatchObject({ isCopy: true, before: first.epoch });
      await expect(world().snapshots.commit([commit(first.epoch, 9)])).resolves.toEqual(['fenced']);
      const again = await world().directory.claim(claimOf(A, { copy: older }));
      expect(again).toMatchObject({ kind: 'other', epoch: second.epoch, owner: B });
    });

    test('[claim] the room of the older copy is worth nothing once the newer one is there', async () => {
      const [older, newer, newest] = [5, 7, 9];
      const first = owned(await world().directory.claim(claimOf(A, { copy: older })));
      const second = owned(await world().directory.claim(claimOf(B, { copy: newer })));
      const back = await world().directory.claim(claimOf(A, { copy: first.epoch }));
      expect(back).toMatchObject({ kind: 'other', epoch: second.epoch, owner: B });
      const third = owned(await world().directory.claim(claimOf('c:1', { copy: newest })));
      expect(third.isCopy).toBe(true);
      for (const { epoch } of [first, second]) {
        const late = await world().directory.claim(claimOf(A, { copy: epoch }));
        expect(late).toMatchObject({ kind: 'other', epoch: third.epoch, owner: 'c:1' });
      }
    });

    test('[claim] a room that was begun in place of a forgotten one is worth nothing beside the copy of that', async () => {
      const begun = await claim(world());
      const brought = owned(await world().directory.claim(claimOf(B, { copy: begun - 1 })));
      expect(brought).toMatchObject({ isCopy: true, before: begun });
      await world().snapshots.commit([commit(brought.epoch, 3, { owner: B, whole: true })]);
      const back = await world().directory.claim(claimOf(A, { copy: begun }));
      expect(back).toMatchObject({ kind: 'other', epoch: brought.epoch, owner: B });
    });

    test('[claim] a copy that somebody took over from is worth nothing', async () => {
      const copy = await claim(world());
      const epoch = await claim(world(), B, ROOM, A);
      const late = await world().directory.claim(claimOf(A, { copy }));
      expect(late).toMatchObject({ kind: 'other', epoch, owner: B });
      await world().directory.release(ROOM, B, epoch, TTL_MS);
      expect(owned(await world().directory.claim(claimOf(A, { copy })))).toMatchObject({ isCopy: false });
    });

    test('[claim] a room that was deleted does not come back with a late copy', async () => {
      const copy = await claim(world());
      const epoch = await claim(world(), B, ROOM, A);
      await world().directory.release(ROOM, B, epoch, 0);
      const late = owned(await world().directory.claim(claimOf(A, { copy })));
      expect(late).toMatchObject({ isCopy: false, before: epoch, record: null });
    });

    test('[claim] one that is served behind a later one of its node changes nothing', async () => {
      const early = claimOf(A);
      const epoch = await claim(world());
      await expect(world().directory.claim(early)).resolves.toMatchObject({ kind: 'other', epoch, owner: A });
      await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['written']);
    });

    test('[claim] the new epoch is above the floor by the stride', async () => {
      const floor = (await world().timeMs()) + 60_000;
      expect(owned(await world().directory.claim(claimOf(A, { floor }))).epoch).toBe(floor + 1);
      expect(owned(await world().directory.claim(claimOf(A, { stride: 7 }))).epoch).toBe(floor + 8);
      const copy = floor + 8;
      expect(owned(await world().directory.claim(claimOf(A, { copy, stride: 9 }))).epoch).toBe(copy + 9);
    });
  });

  describe('transfer', () => {
    test('[transfer] the new owner claims what the old one wrote, and hears of its epoch', async () => {
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 7)]);
      await expect(world().directory.transfer(ROOM, A, epoch, B, 30_000)).resolves.toBe(true);
      expectTtl(await world().ttlMs(ROOM), 30_000);
      await expect(world().snapshots.commit([commit(epoch, 8)])).resolves.toEqual(['fenced']);
      await expect(world().directory.claim(claimOf(A))).resolves.toMatchObject({ kind: 'other', epoch, owner: B });
      // Its first claim: numbers of another node do not matter.
      const next = owned(await world().directory.claim(claimOf(B, { attempt: 1 })));
      expect(next).toMatchObject({ before: epoch, isCopy: false, wasOwn: false });
      // The second one: it was its own already.
      expect(owned(await world().directory.claim(claimOf(B, { attempt: 2 })))).toMatchObject({ wasOwn: true });
      expect(next.epoch).toBeGreaterThan(epoch);
      expect(next.record?.seq).toBe(7);
    });

    test('[transfer] is fenced for another owner and for an older epoch, and changes nothing', async () => {
      const old = await claim(world());
      const epoch = await claim(world());
      await expect(world().directory.transfer(ROOM, A, old, B, TTL_MS)).resolves.toBe(false);
      await expect(world().directory.transfer(ROOM, B, epoch, B, TTL_MS)).resolves.toBe(false);
      await expect(world().directory.transfer('demo:none', A, epoch, B, TTL_MS)).resolves.toBe(false);
      await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['written']);
    });
  });

  describe('release', () => {
    test('[release] a room kept has no owner, its record and the new time to live', async () => {
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 7, { set: [['k', bytes('v')]] })]);
      await world().log.append([append(epoch, 8)]);
      await expect(world().directory.release(ROOM, A, epoch, 30_000)).resolves.toBe(true);
      expectTtl(await world().ttlMs(ROOM), 30_000);
      const next = owned(await world().directory.claim(claimOf(B)));
      expect(next.epoch).toBeGreaterThan(epoch);
      expect(next.record?.seq).toBe(7);
      expect(next.record?.log.map((entry) => entry.seq)).toEqual([8]);
    });

    test('[release] a room deleted is gone, log and all, and never comes back under an old epoch', async () => {
      let last = 0;
      for (let i = 0; i < 20; i++) {
        const { epoch, record } = owned(await world().directory.claim(claimOf(A)));
        expect(record).toBeNull();
        expect(epoch).toBeGreaterThan(last);
        await world().snapshots.commit([commit(epoch, 1)]);
        await world().log.append([append(epoch, 2)]);
        await expect(world().directory.release(ROOM, A, epoch, 0)).resolves.toBe(true);
        last = epoch;
      }
      // Its epochs alone, for a while.
      expectTtl(await world().ttlMs(ROOM), TOMBSTONE_MS);
      await world().passMs(TOMBSTONE_MS);
      expect(await world().ttlMs(ROOM)).toBeNull();
    });

    test('[release] fences whoever released', async () => {
      const epoch = await claim(world());
      await world().directory.release(ROOM, A, epoch, TTL_MS);
      await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['fenced']);
      await expect(world().log.append([append(epoch, 1)])).resolves.toEqual(['fenced']);
      await expect(world().directory.release(ROOM, A, epoch, 0)).resolves.toBe(false);
    });

    test('[release] is fenced for another owner and for an older epoch, and changes nothing', async () => {
      const old = await claim(world());
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 5)]);
      await expect(world().directory.release(ROOM, A, old, 0)).resolves.toBe(false);
      await expect(world().directory.release(ROOM, B, epoch, 0)).resolves.toBe(false);
      await expect(world().directory.release('demo:none', A, epoch, 0)).resolves.toBe(false);
      await expect(load(world())).resolves.toMatchObject({ seq: 5 });
    });
  });
});
