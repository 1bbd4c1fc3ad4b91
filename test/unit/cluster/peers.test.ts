import { beforeEach, describe, expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Peers } from '../../../src/cluster/peers.ts';
import type { Mailbox } from '../../../src/cluster/ports.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const BEAT_MS = 250;

interface Letter {
  readonly to: string;
  readonly packet: Uint8Array;
}

let clock: VirtualClock;
/** Everything that was sent, in order; the test delivers it. */
let sent: Letter[];
const open = new Map<string, (packet: Uint8Array) => void>();

beforeEach(() => {
  clock = new VirtualClock();
  sent = [];
  open.clear();
});

class Node {
  readonly peers: Peers;
  readonly counters = new Counters();
  readonly key: string;
  readonly heard: string[] = [];
  /** Whom packets came from. */
  readonly signs: string[] = [];
  reconnects = 0;
  canSend = true;
  canReconnect = true;

  constructor(id: string, incarnation = '1') {
    this.key = `${id}:${incarnation}`;
    const mailbox: Mailbox = {
      open: async (own, onPacket) => void open.set(own, onPacket),
      publish: async (to, packet) => {
        if (!this.canSend) throw new Error('the store is away');
        sent.push({ to, packet: packet.slice() });
        return open.has(to) ? 1 : 0;
      },
      reconnect: async () => {
        this.reconnects++;
        if (!this.canReconnect) throw new Error('the store is away');
      },
      close: async () => void open.delete(id),
    };
    const events = {
      onHeard: (from: string) => void this.signs.push(from),
      onMessage: (from: string, message: { str(what: string): string }) =>
        void this.heard.push(`${from} ${message.str('text')}`),
      onHole: (from: string) => void this.heard.push(`${from} hole`),
      onUnheard: (to: string) => void this.heard.push(`${to} unheard`),
    };
    this.peers = new Peers(mailbox, clock, silentLogger, this.counters, { id, incarnation }, events, {
      heartbeatMs: BEAT_MS,
    });
  }

  async start(...targets: string[]): Promise<this> {
    await this.peers.start();
    this.peers.setTargets(targets);
    return this;
  }

  post(to: Node, ...texts: string[]): void {
    for (const text of texts) this.peers.post(to.key, (w) => w.str(text));
  }
}

/** Delivers what was sent, except what `lose` picks. */
async function deliver(lose: (letter: Letter) => boolean = () => false): Promise<void> {
  await clock.idle();
  const letters = sent.splice(0);
  for (const letter of letters) if (!lose(letter)) open.get(letter.to)?.(letter.packet);
  await clock.idle();
}

async function two(): Promise<[Node, Node]> {
  const [a, b] = [await new Node('a').start('b:1'), await new Node('b').start('a:1')];
  a.post(b, 'first');
  b.post(a, 'first');
  await deliver();
  a.heard.length = 0;
  b.heard.length = 0;
  return [a, b];
}

async function beat(lose?: (letter: Letter) => boolean): Promise<void> {
  await clock.run(BEAT_MS);
  await deliver(lose);
}

describe('messages', () => {
  test('of one turn go in one packet, in their order', async () => {
    const [a, b] = await two();
    a.post(b, 'x', 'y');
    a.post(b, 'z');
    await clock.idle();
    expect(sent).toHaveLength(1);
    await deliver();
    expect(b.heard).toEqual(['a:1 x', 'a:1 y', 'a:1 z']);
  });

  test('that are many bytes do not wait for the end of the turn', async () => {
    const [a, b] = await two();
    a.post(b, 'x'.repeat(300_000));
    expect(sent).toHaveLength(1);
  });

  test('that come twice are heard once', async () => {
    const [a, b] = await two();
    a.post(b, 'x');
    await clock.idle();
    const packet = sent[0]?.packet as Uint8Array;
    await deliver();
    open.get('b')?.(packet);
    expect(b.heard).toEqual(['a:1 x']);
  });

  test('from before a hole are not heard behind it', async () => {
    const [a, b] = await two();
    a.post(b, 'late');
    await clock.idle();
    const late = sent.splice(0)[0]?.packet as Uint8Array;
    a.post(b, 'next');
    await deliver();
    open.get('b')?.(late);
    expect(b.heard).toEqual(['a:1 hole', 'a:1 next']);
  });

  test('for an earlier life of this node are not heard', async () => {
    const [a, b] = await two();
    a.post(b, 'for the dead');
    await clock.idle();
    const again = await new Node('b', '2').start();
    await deliver();
    expect(again.heard).toEqual([]);
  });

  test('are not sent to a node that is no target any more', async () => {
    const [a, b] = await two();
    a.post(b, 'x');
    a.peers.setTargets([]);
    await clock.idle();
    expect(sent).toEqual([]);
  });
});

test('a heartbeat is a sign of life, a packet from the past is none', async () => {
  const [a, b] = [await new Node('a').start('b:1'), await new Node('b').start()];
  await clock.run(BEAT_MS);
  const old = sent.filter(({ to }) => to === 'b');
  a.post(b, 'one');
  await clock.idle();
  await deliver();
  expect(b.signs).toEqual(['a:1', 'a:1']);
  for (const { packet } of old) open.get('b')?.(packet);
  expect(b.signs).toHaveLength(2);
});

describe('a hole', () => {
  test('is told before the first message behind it', async () => {
    const [a, b] = await two();
    a.post(b, 'lost');
    await deliver(() => true);
    a.post(b, 'next');
    await deliver();
    expect(b.heard).toEqual(['a:1 hole', 'a:1 next']);
    expect(b.counters.packetHoles).toBe(1);
  });

  test('is noticed by the next heartbeat where nothing follows, and once', async () => {
    const [a, b] = await two();
    a.post(b, 'lost');
    await deliver(() => true);
    await beat();
    await beat();
    expect(b.heard).toEqual(['a:1 hole']);
  });

  test('is not told where only heartbeats were lost', async () => {
    const [a, b] = await two();
    await beat(() => true);
    await beat();
    a.post(b, 'x');
    await deliver();
    expect(b.heard).toEqual(['a:1 x']);
  });

  test('is told where the publish failed', async () => {
    const [a, b] = await two();
    a.canSend = false;
    a.post(b, 'lost');
    await clock.idle();
    a.canSend = true;
    await beat();
    expect(b.heard).toEqual(['a:1 hole']);
    expect(a.counters.packetsFailed).toBe(1);
  });

  test('is not told at the first packet ever, but where that one was lost', async () => {
    const b = await new Node('b').start();
    const a = await new Node('a').start();
    a.post(b, 'hello');
    await deliver();
    const c = await new Node('c').start();
    c.post(b, 'lost');
    await deliver(() => true);
    c.post(b, 'next');
    await deliver();
    expect(b.heard).toEqual(['a:1 hello', 'c:1 hole', 'c:1 next']);
  });

  test('is told when the sender had given this node up and begins anew', async () => {
    const [a, b] = await two();
    a.post(b, 'lost');
    a.peers.setTargets([]);
    a.peers.setTargets([b.key]);
    await clock.run(1);
    a.post(b, 'again');
    await deliver();
    expect(b.heard).toEqual(['a:1 hole', 'a:1 again']);
  });

  test('is kept apart by the life of the sender', async () => {
    const [a, b] = await two();
    const again = await new Node('a', '2').start();
    again.post(b, 'hello');
    a.post(b, 'still here');
    await deliver();
    expect(b.heard.sort()).toEqual(['a:1 still here', 'a:2 hello']);
  });

  test('is what a packet that can not be read counts as', async () => {
    const [a, b] = await two();
    a.peers.post(b.key, (w) => w.uint(7));
    await deliver();
    expect(b.heard).toEqual(['a:1 hole']);
    expect(b.counters.packetsRefused).toBe(1);
  });
});

describe('garbage in the mailbox', () => {
  test('is refused and touches nothing', async () => {
    const [a, b] = await two();
    for (const bytes of [[], [0xc1], [0x96, 0x02], [0x90], [0xff, 0xff]]) open.get('b')?.(new Uint8Array(bytes));
    expect(b.counters.packetsRefused).toBe(5);
    a.post(b, 'x');
    await deliver();
    expect(b.heard).toEqual(['a:1 x']);
  });
});

describe('the check of the own subscription', () => {
  test('subscribes anew when the own beats stay away for three beats', async () => {
    const [a] = await two();
    for (let i = 0; i < 3; i++) await beat(({ to }) => to === 'a');
    expect(a.reconnects).toBe(0);
    await beat(({ to }) => to === 'a');
    expect(a.reconnects).toBe(1);
  });

  test('waits three beats more after that', async () => {
    const [a] = await two();
    for (let i = 0; i < 7; i++) await beat(({ to }) => to === 'a');
    expect(a.reconnects).toBe(1);
    await beat(({ to }) => to === 'a');
    expect(a.reconnects).toBe(2);
  });

  test('goes on trying where it could not', async () => {
    const [a] = await two();
    a.canReconnect = false;
    for (let i = 0; i < 12; i++) await beat(({ to }) => to === 'a');
    expect(a.reconnects).toBe(3);
  });

  test('is content while own beats come', async () => {
    const [a] = await two();
    for (let i = 0; i < 10; i++) await beat();
    expect(a.reconnects).toBe(0);
    expect(a.heard).toEqual([]);
  });
});

test('nothing is sent after stop but what was posted before', async () => {
  const [a, b] = await two();
  a.post(b, 'last words');
  await a.peers.stop();
  a.post(b, 'too late');
  await deliver();
  expect(b.heard).toEqual(['a:1 last words']);
  await b.peers.stop();
  expect(clock.timers).toBe(0);
});
