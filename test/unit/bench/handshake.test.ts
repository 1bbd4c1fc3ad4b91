import { expect, test } from 'vitest';
import { upgradeEnd, upgradeRequest } from '../../../bench/swarm/handshake.ts';

const ANSWER = 'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

test('the answer ends where the first frame begins', () => {
  const bytes = Buffer.from(`xx${ANSWER}\x82\x00`, 'latin1');
  expect(upgradeEnd(bytes, 2, bytes.length)).toBe(2 + ANSWER.length);
});

test('an answer that is not complete asks for more', () => {
  const bytes = Buffer.from(ANSWER.slice(0, -1));
  expect(upgradeEnd(bytes, 0, bytes.length)).toBe(0);
});

test('a refusal is told with its status line', () => {
  const refusal = Buffer.from('HTTP/1.1 503 Service Unavailable\r\n\r\n');
  expect(() => upgradeEnd(refusal, 0, refusal.length)).toThrow('503 Service Unavailable');
  const wrong = Buffer.from('HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\n\r\n');
  expect(() => upgradeEnd(wrong, 0, wrong.length)).toThrow('Sec-WebSocket-Accept');
  expect(() => upgradeEnd(Buffer.alloc(5000, 65), 0, 5000)).toThrow('4096');
});

test('the request offers the subprotocol where there is one', () => {
  expect(upgradeRequest('h:1', '/ws', 'roomcast.v1')).toContain('Sec-WebSocket-Protocol: roomcast.v1\r\n');
  expect(upgradeRequest('h:1', '/ws', null)).not.toContain('Protocol:');
});
