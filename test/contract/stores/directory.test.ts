import { describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { A, append, B, bytes, claim, commit, expectTtl, load, owned, ROOM, TTL_MS } from './rooms.ts';
import { onBothStores } from './worlds.ts';

onBothStores((world) => {
  describe('claim', () => {
    test('[claim] a fresh room is owned at once, without a record, in an epoch of about now', async () => {
      const before = await world().timeMs();
      const { epoch, record } = owned(await world().directory.claim(ROOM, A, null, TTL_MS));
      expect(record).toBeNull();
      expect(epoch).toBeGreaterThanOrEqual(before);
      expect(epoch).toBeLessThanOrEqual((await world().timeMs()) + 1);
      expectTtl(await world().ttlMs(ROOM), TTL_MS);
    });

    test('[claim] a room of another owner stays with it', async () => {
      const epoch = await claim(world());
      await expect(world().directory.claim(ROOM, B, null, 1)).resolves.toEqual({ kind: 'other', epoch, owner: A });
      expectTtl(await world().ttlMs(ROOM), TTL_MS);
      await expect(world().snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['written']);
    });

    test('[claim] a dead owner is replaced only where the claim names exactly this life of it', async () => {
      const epoch = await claim(world());
      const wrong = await world().directory.claim(ROOM, B, 'a:2', TTL_MS);
      expect(wrong).toEqual({ kind: 'other', epoch, owner: A });
      expect(await claim(world(), B, ROOM, A)).toBeGreaterThan(epoch);
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
      const claims = await Promise.all(nodes.map((node) => world().directory.claim(ROOM, node, null, TTL_MS)));
      expect(claims.filter((one) => one.kind === 'owned')).toHaveLength(1);
    });

    test('[claim] a room whose time is over is a fresh one, in a later epoch', async () => {
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 3, { set: [['k', bytes('v')]] })]);
      await world().log.append([append(epoch, 4)]);
      await world().passMs(TTL_MS);
      const next = owned(await world().directory.claim(ROOM, B, null, TTL_MS));
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
      const next = owned(await world().directory.claim(ROOM, B, null, TTL_MS));
      expect(next.record).toBeNull();
      expect(next.epoch).toBeGreaterThan(epoch);
    });

    test('[claim] rooms and node ids with odd characters stay apart', async () => {
      const rooms = ['demo:1', 'demo:1.', 'demo:1:log', 'demo', 'Demo:1', `x${':'.repeat(127)}`];
      const odd = 'nö de}{"*?[x]\u0001:1';
      for (const room of rooms) await claim(world(), odd, room);
      for (const room of rooms) {
        const found = await world().directory.claim(room, A, 'nö:1', TTL_MS);
        expect(found).toMatchObject({ kind: 'other', owner: odd });
        expect(owned(await world().directory.claim(room, A, odd, TTL_MS)).record).toBeNull();
      }
    });
  });

  describe('release', () => {
    test('[release] a room kept has no owner, its record and the new time to live', async () => {
      const epoch = await claim(world());
      await world().snapshots.commit([commit(epoch, 7, { set: [['k', bytes('v')]] })]);
      await world().log.append([append(epoch, 8)]);
      await expect(world().directory.release(ROOM, A, epoch, 30_000)).resolves.toBe(true);
      expectTtl(await world().ttlMs(ROOM), 30_000);
      const next = owned(await world().directory.claim(ROOM, B, null, TTL_MS));
      expect(next.epoch).toBeGreaterThan(epoch);
      expect(next.record?.seq).toBe(7);
      expect(next.record?.log.map((entry) => entry.seq)).toEqual([8]);
    });

    test('[release] a room deleted is gone, log and all, and never comes back under an old epoch', async () => {
      let last = 0;
      for (let i = 0; i < 20; i++) {
        const { epoch, record } = owned(await world().directory.claim(ROOM, A, null, TTL_MS));
        expect(record).toBeNull();
        expect(epoch).toBeGreaterThan(last);
        await world().snapshots.commit([commit(epoch, 1)]);
        await world().log.append([append(epoch, 2)]);
        await expect(world().directory.release(ROOM, A, epoch, 0)).resolves.toBe(true);
        last = epoch;
      }
      await world().passMs(1_000);
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
