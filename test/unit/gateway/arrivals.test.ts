/** Many HELLOs in one turn of the event loop: some are served at once, the rest in later turns, in order. */
import { describe, expect, test } from 'vitest';
import { encodeHello, encodeJoin, encodePing } from '../../../src/protocol/client-writer.ts';
import { type Client, FakeGateway, type FakeGatewayOptions, resumeIn } from './fakes.ts';

const HELLO = encodeHello(null, null);
/** PER_TURN of arrivals.ts. */
const PER_TURN = 128;

function flooded(count: number, options: FakeGatewayOptions = {}): { gateway: FakeGateway; clients: Client[] } {
  const gateway = new FakeGateway(options);
  const clients = Array.from({ length: count }, () => gateway.connect());
  for (const client of clients) client.say(HELLO);
  return { gateway, clients };
}

const welcomes = (clients: readonly Client[]): number =>
  clients.filter(({ socket }) => socket.frames.some(({ op }) => op === 'welcome')).length;

describe('a flood of HELLOs', () => {
  test('is served by shares, those who came first before the others', () => {
    const { gateway, clients } = flooded(3 * PER_TURN);
    expect(welcomes(clients)).toBe(PER_TURN);
    const order: number[] = [];
    for (const [i, { socket }] of clients.entries()) {
      const { send } = socket;
      socket.send = (frame) => {
        order.push(i);
        return send.call(socket, frame);
      };
    }
    gateway.clock.settle();
    expect(order).toEqual(Array.from({ length: 2 * PER_TURN }, (_, i) => PER_TURN + i));
    expect(welcomes(clients)).toBe(3 * PER_TURN);
  });

  test('one that comes in a later turn waits behind those that wait', () => {
    const { gateway, clients } = flooded(3 * PER_TURN);
    const late = gateway.connect();
    // Runs when the second share has been served.
    gateway.clock.soon(() => late.say(HELLO));
    gateway.clock.soon(() => expect(welcomes([late])).toBe(0));
    gateway.clock.settle();
    expect(welcomes([...clients, late])).toBe(3 * PER_TURN + 1);
  });

  test('[P1] frames behind a HELLO that waits are served behind its WELCOME', () => {
    const { gateway, clients } = flooded(PER_TURN);
    const last = gateway.connect();
    last.say(HELLO, encodeJoin(1, 'demo:1', null, null), encodePing(7));
    expect([last.socket.frames, gateway.rooms.joins]).toEqual([[], []]);
    gateway.clock.settle();
    expect(last.socket.frames.map(({ op }) => op)).toEqual(['welcome', 'pong']);
    expect(gateway.rooms.joins).toHaveLength(1);
    expect(welcomes(clients)).toBe(PER_TURN);
  });

  test('[P4] a resumed session that waits gets its next generation when its turn comes', async () => {
    const gateway = new FakeGateway();
    const first = gateway.connect();
    first.say(HELLO);
    for (let i = 0; i < PER_TURN; i++) gateway.connect().say(HELLO);
    const again = gateway.connect();
    again.say(encodeHello(null, resumeIn(first.socket.frames)));
    await gateway.clock.idle();
    expect(again.connection.session).toMatchObject({ sid: first.connection.sid, generation: 2 });
    expect(first.socket.closed?.code).toBe(4502);
  });

  test('a connection that goes while it waits opens no session', () => {
    const { gateway, clients } = flooded(PER_TURN + 2);
    clients.at(-2)?.connection.closed();
    gateway.clock.settle();
    expect(gateway.connections.sessions).toBe(PER_TURN + 1);
    expect(gateway.counters.sessionsOpened).toBe(PER_TURN + 1);
  });

  test('[P1] who waits has said HELLO in time', () => {
    const { gateway, clients } = flooded(PER_TURN + 1);
    gateway.clock.advance(6_000);
    expect(clients.every(({ socket }) => socket.closed === null)).toBe(true);
  });

  test('a fault at one of them costs no other', () => {
    let checks = 0;
    const access = {
      check: () => {
        if (++checks === PER_TURN + 1) throw new Error('planted');
        return { kind: 'guest' as const };
      },
    };
    const { gateway, clients } = flooded(PER_TURN + 3, { access });
    gateway.clock.settle();
    expect(clients[PER_TURN]?.socket.closed?.code).toBe(1011);
    expect(welcomes(clients)).toBe(PER_TURN + 2);
  });
});
