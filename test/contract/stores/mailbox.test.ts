import { expect, test } from 'vitest';
import type { Mailbox } from '../../../src/cluster/ports.ts';
import { until } from '../../support/until.ts';
import { bytes } from './rooms.ts';
import { onBothStores, type World } from './worlds.ts';

onBothStores((world) => {
  test('[mailbox] packets arrive in order, byte for byte', async () => {
    const [sender, inbox] = [world().mailbox(), await listen(world(), 'b')];
    await sender.open('a', () => {});
    const packets = Array.from({ length: 500 }, (_, i) => Uint8Array.of(i >> 8, i & 255, 0, 255, 10, 13));
    const counts = await Promise.all(packets.map((packet) => sender.publish('b', packet)));
    expect(new Set(counts)).toEqual(new Set([1]));
    await inbox.until(500);
    expect(inbox.packets).toStrictEqual(packets);
  });

  test('[mailbox] large and empty packets arrive whole', async () => {
    const [sender, inbox] = [world().mailbox(), await listen(world(), 'b')];
    await sender.open('a', () => {});
    const large = Uint8Array.from({ length: 3_000_000 }, (_, i) => i * 7);
    await sender.publish('b', large);
    await sender.publish('b', new Uint8Array(0));
    await inbox.until(2);
    expect(Buffer.compare(inbox.packets[0] ?? bytes(''), large)).toBe(0);
    expect(inbox.packets[1]).toHaveLength(0);
  });

  test('[mailbox] the count is 0 where nobody listens', async () => {
    const inbox = await listen(world(), 'a');
    await expect(inbox.mailbox.publish('b', bytes('x'))).resolves.toBe(0);
    await inbox.mailbox.close();
    const other = await listen(world(), 'b');
    await expect(other.mailbox.publish('a', bytes('x'))).resolves.toBe(0);
  });

  test('[mailbox] a node can post to itself, and two lives of a node both hear', async () => {
    const [old, young] = [await listen(world(), 'a'), await listen(world(), 'a')];
    await expect(old.mailbox.publish('a', bytes('x'))).resolves.toBe(2);
    await old.until(1);
    await young.until(1);
  });

  test('[mailbox] bytes may be used again after the call, and what arrives is the receiver’s', async () => {
    const [a, b] = [await listen(world(), 'x'), await listen(world(), 'x')];
    const packet = bytes('before');
    const sent = a.mailbox.publish('x', packet);
    packet.fill(0);
    await sent;
    await a.until(1);
    await b.until(1);
    expect(a.packets).toStrictEqual([bytes('before')]);
    a.packets[0]?.fill(0);
    expect(b.packets).toStrictEqual([bytes('before')]);
  });

  test('[mailbox] listens again after a reconnect, once', async () => {
    const inbox = await listen(world(), 'a');
    for (let i = 0; i < 3; i++) {
      await inbox.mailbox.reconnect();
      // The connection given up may still be on its way out; it must not count, let alone deliver.
      await until(async () => (await inbox.mailbox.publish('a', bytes(`${i}`))) === 1);
      await until(() => {
        world().settle();
        return text(inbox.packets.at(-1)) === `${i}`;
      });
    }
    const before = inbox.packets.length;
    await inbox.mailbox.publish('a', bytes('last'));
    await inbox.until(before + 1);
    expect(inbox.packets.filter((packet) => text(packet) === 'last')).toHaveLength(1);
  });

  test('[mailbox] clusters under other prefixes are not heard', async () => {
    const inbox = await listen(world(), 'a');
    const foreign = world().foreignMailbox();
    const heard: Uint8Array[] = [];
    await foreign.open('a', (packet) => heard.push(packet));
    await expect(inbox.mailbox.publish('a', bytes('ours'))).resolves.toBe(1);
    await expect(foreign.publish('a', bytes('theirs'))).resolves.toBe(1);
    await inbox.until(1);
    await until(() => heard.length === 1);
    expect(inbox.packets).toStrictEqual([bytes('ours')]);
    expect(heard).toStrictEqual([bytes('theirs')]);
    await foreign.close();
  });

  test('[mailbox] ids with odd characters stay apart', async () => {
    const ids = ['a', 'a*', 'a?', '[a]', 'ä b\n', '{a}'];
    const inboxes: Inbox[] = [];
    for (const id of ids) inboxes.push(await listen(world(), id));
    for (const id of ids) await expect(inboxes[0]?.mailbox.publish(id, bytes(id))).resolves.toBe(1);
    for (const [i, inbox] of inboxes.entries()) {
      await inbox.until(1);
      expect(inbox.packets).toStrictEqual([bytes(ids[i] ?? '')]);
    }
  });
});

interface Inbox {
  readonly mailbox: Mailbox;
  readonly packets: Uint8Array[];
  until(count: number): Promise<unknown>;
}

async function listen(world: World, id: string): Promise<Inbox> {
  const mailbox = world.mailbox();
  const packets: Uint8Array[] = [];
  await mailbox.open(id, (packet) => packets.push(packet));
  const arrived = (count: number) =>
    until(() => {
      world.settle();
      return packets.length >= count;
    });
  return { mailbox, packets, until: arrived };
}

function text(packet: Uint8Array | undefined): string {
  return new TextDecoder().decode(packet);
}
