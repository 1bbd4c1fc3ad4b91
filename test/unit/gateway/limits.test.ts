import { describe, expect, test } from 'vitest';
import { encodePing, encodeSend } from '../../../src/protocol/client-writer.ts';
import { type Client, FakeGateway } from './fakes.ts';

const send = (cseq: number, bytes = 1): Uint8Array => encodeSend('demo:1', cseq, new Uint8Array(bytes));

/** So many commands per second, evenly, for so long. */
function keepSending(gateway: FakeGateway, { say }: Client, perSec: number, ms: number): void {
  const stepMs = 1_000 / perSec;
  for (let at = 0; at < ms; at += stepMs) {
    say(encodePing(1));
    gateway.clock.advance(stepMs);
  }
}

describe('rate limits', () => {
  test('[P19] a burst of twice the rate passes; what is over it is refused and not applied', () => {
    const gateway = new FakeGateway({ limits: { commandsPerSec: 10 } });
    // HELLO is no command; the JOIN is the first of the 20.
    const { say, socket, seat } = gateway.welcomed('demo:1');
    for (let cseq = 1; cseq <= 20; cseq++) say(send(cseq));
    expect(seat('demo:1').heard).toHaveLength(19);
    expect(socket.frames).toMatchObject([
      { op: 'error', code: 'rate-limited', retry: true, req: null, room: 'demo:1', cseq: 20 },
    ]);
    expect(socket.closed).toBeNull();
    gateway.clock.advance(100);
    say(send(20));
    expect(seat('demo:1').heard).toHaveLength(20);
  });

  test('[P19] bytes are limited beside commands', () => {
    const gateway = new FakeGateway({ limits: { bytesPerSec: 1_000 } });
    const { say, socket, seat } = gateway.welcomed('demo:1');
    say(send(1, 900), send(2, 900), send(3, 900));
    expect(seat('demo:1').heard).toHaveLength(2);
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'rate-limited', cseq: 3 }]);
    gateway.clock.advance(1_000);
    say(send(3, 900));
    expect(seat('demo:1').heard).toHaveLength(3);
  });

  test('[P19] a client that keeps on for 10 s is closed with 4503', () => {
    const gateway = new FakeGateway({ limits: { commandsPerSec: 10 } });
    const client = gateway.welcomed();
    keepSending(gateway, client, 40, 9_500);
    expect(client.socket.closed).toBeNull();
    keepSending(gateway, client, 40, 2_000);
    expect(client.socket.closed?.code).toBe(4503);
    expect(gateway.counters.rateLimitClosed).toBe(1);
  });

  test('[P19] a client that obeys in between is not closed', () => {
    const gateway = new FakeGateway({ limits: { commandsPerSec: 10 } });
    const client = gateway.welcomed();
    for (let round = 0; round < 5; round++) {
      keepSending(gateway, client, 100, 4_000);
      gateway.clock.advance(1_500);
    }
    expect(client.socket.frames.some((frame) => frame.op === 'error')).toBe(true);
    expect(client.socket.closed).toBeNull();
  });

  test('[P19] a client at its rate is never refused', () => {
    const gateway = new FakeGateway({ limits: { commandsPerSec: 10 } });
    const client = gateway.welcomed();
    keepSending(gateway, client, 10, 30_000);
    expect(gateway.counters.rateLimited).toBe(0);
  });
});
