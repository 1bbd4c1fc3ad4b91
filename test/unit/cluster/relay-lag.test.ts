import { expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Peers } from '../../../src/cluster/peers.ts';
import { RelayLag } from '../../../src/cluster/relay-lag.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const BEAT_MS = 250;

test('[relay lag] one late beat is nothing, two in a row are slow, and a while of timely ones ends it', () => {
  const lag = new RelayLag();
  const note = (ms: number, times: number): boolean => {
    for (let i = 0; i < times; i++) lag.note(ms);
    return lag.isSlow;
  };
  expect(note(150, 1)).toBe(false);
  expect(note(100, 1)).toBe(false);
  expect(note(101, 2)).toBe(true);
  expect(note(5, 19)).toBe(true);
  expect(note(200, 1)).toBe(true);
  expect(note(5, 19)).toBe(true);
  expect(note(5, 1)).toBe(false);
  expect(lag.lastMs).toBe(5);
  expect(lag.times.count).toBe(44);
});

test('[relay lag] is the time that own beats take, also where one of them is lost', async () => {
  const clock = new VirtualClock();
  const sent: Uint8Array[] = [];
  let receive = (_packet: Uint8Array): void => {};
  const mailbox = {
    open: async (_id: string, onPacket: (packet: Uint8Array) => void) => {
      receive = onPacket;
    },
    publish: async (_to: string, packet: Uint8Array) => sent.push(packet.slice()),
    reconnect: async () => {},
    close: async () => {},
  };
  const events = { onHeard() {}, onMessage() {}, onHole() {}, onUnheard() {} };
  const self = { id: 'a', incarnation: '1' };
  const peers = new Peers(mailbox, clock, silentLogger, new Counters(), self, events, { heartbeatMs: BEAT_MS });
  await peers.start();
  await clock.run(2 * BEAT_MS + 40);
  expect(sent).toHaveLength(2);
  receive(sent[1] as Uint8Array);
  expect(peers.lag.lastMs).toBeCloseTo(40);
  expect(peers.lag.times.count).toBe(1);
  await peers.stop();
});
