import { expect, test } from 'vitest';
import type { ClientCore } from '../../../src/client/client-core.ts';
import { CLOSE } from '../../../src/protocol/codes.ts';
import { encodePong } from '../../../src/protocol/server-frame.ts';
import { FakeServer } from './fake-server.ts';

function started(resume: string | null): { server: FakeServer; client: ClientCore } {
  const server = new FakeServer();
  const client = server.client({ resume });
  client.start();
  return { server, client };
}

test('[P4] a HELLO that a node takes up late may replace a newer connection of the same client, once', () => {
  const { server, client } = started('r0');
  server.socket.open();
  server.clock.settle();
  server.socket.close(1006);
  server.nextSocket();
  server.welcome().close(CLOSE.replaced);
  server.clock.settle();
  expect(client.status).toBe('waiting');
  server.nextSocket();
  server.welcome().close(CLOSE.replaced);
  server.clock.settle();
  expect(client.error?.code).toBe('replaced');
});

test('[P4] after a minute it is taken for what it says', () => {
  const { server, client } = started('r0');
  server.socket.open();
  server.clock.settle();
  server.socket.close(1006);
  server.nextSocket();
  const socket = server.welcome();
  server.clock.advance(29_000);
  socket.say(encodePong(0, 0));
  server.clock.advance(29_000);
  socket.say(encodePong(0, 0));
  server.clock.advance(3_000);
  socket.close(CLOSE.replaced);
  server.clock.settle();
  expect(client.error?.code).toBe('replaced');
});

test('[P4] a HELLO that was answered, or had no session yet, replaces none', () => {
  const { server, client } = started(null);
  server.socket.open();
  server.clock.settle();
  server.socket.close(1006);
  server.nextSocket();
  server.welcome().close(1006);
  server.nextSocket().open();
  server.clock.settle();
  server.socket.close(CLOSE.goingAway);
  server.nextSocket();
  server.welcome().close(CLOSE.replaced);
  server.clock.settle();
  expect(client.error?.code).toBe('replaced');
});
