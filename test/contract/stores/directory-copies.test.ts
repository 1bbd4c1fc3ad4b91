/** Claims that bring a copy, to a directory that has forgotten (decision 8). */
import { describe, expect, test } from 'vitest';
import { until } from '../../support/until.ts';
import { A, B, bytes, claim, claimOf, commit, load, owned, ROOM } from './rooms.ts';
import { onBothStores } from './worlds.ts';

onBothStores((world) => {
  describe('claims with copies', () => {
    test('[claim] a copy replaces a record with a higher seq', async () => {
      const copy = await claim(world());
      await world().passMs(1);
      await until(async () => (await world().timeMs()) > copy);
      await world().forget();
      const older = owned(await world().directory.claim(claimOf(A, { copy: copy - 1 })));
      await world().snapshots.commit([commit(older.epoch, 20, { set: [['old', bytes('1')]] })]);
      const { epoch } = owned(await world().directory.claim(claimOf(B, { copy })));
      const brought = commit(epoch, 10, { owner: B, set: [['new', bytes('2')]], whole: true });
      await expect(world().snapshots.commit([brought])).resolves.toEqual(['written']);
      const record = await load(world(), ROOM, B);
      expect([record?.seq, [...(record?.state.keys() ?? [])]]).toEqual([10, ['new']]);
    });

    test('[claim] a room that its owner claimed again before it wrote anything gives way to a forgotten copy', async () => {
      const copy = await claim(world());
      await world().passMs(1);
      await until(async () => (await world().timeMs()) > copy);
      await world().forget();
      await claim(world(), B);
      await claim(world(), B);
      const brought = owned(await world().directory.claim(claimOf(A, { copy })));
      expect(brought.isCopy).toBe(true);
    });

    test('[claim] the same where the forgotten epoch was above the first of the two', async () => {
      const ahead = (await world().timeMs()) + 60_000;
      const copy = owned(await world().directory.claim(claimOf(A, { floor: ahead }))).epoch;
      await world().forget();
      await claim(world(), B);
      const { epoch } = owned(await world().directory.claim(claimOf(B, { floor: copy })));
      const brought = owned(await world().directory.claim(claimOf(A, { copy })));
      expect(brought).toMatchObject({ isCopy: true, before: epoch });
    });

    test('[claim] one that its owner wrote, and claimed again, does not', async () => {
      const copy = await claim(world());
      await world().passMs(1);
      await until(async () => (await world().timeMs()) > copy);
      await world().forget();
      const written = await claim(world(), B);
      await world().snapshots.commit([commit(written, 1, { owner: B })]);
      const epoch = await claim(world(), B);
      const late = await world().directory.claim(claimOf(A, { copy }));
      expect(late).toMatchObject({ kind: 'other', epoch, owner: B });
    });

    test('[claim] a copy is the room again where its claim was answered to nobody', async () => {
      const copy = 5;
      await world().directory.claim(claimOf(A, { copy }));
      const { epoch, isCopy } = owned(await world().directory.claim(claimOf(A, { copy })));
      expect(isCopy).toBe(true);
      await world().snapshots.commit([commit(epoch, 3, { whole: true })]);
      expect(owned(await world().directory.claim(claimOf(A, { copy })))).toMatchObject({ isCopy: false });
    });

    test('[claim] the copy of an owner that claims anew is the room', async () => {
      const copy = await claim(world());
      await world().snapshots.commit([commit(copy, 3)]);
      expect(owned(await world().directory.claim(claimOf(A, { copy })))).toMatchObject({ isCopy: true, before: copy });
    });
  });
});
