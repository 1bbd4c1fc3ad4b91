import { describe, expect, test } from 'vitest';
import { idleTimeoutSec } from '../../../src/gateway/keep-alive.ts';
import { answerUpgrade } from '../../../src/gateway/upgrade.ts';

const open = { allowedOrigins: [], connectionsMax: 2 };
const listed = { allowedOrigins: ['https://game.example'], connectionsMax: 2 };

describe('upgrade', () => {
  test.each([
    ['', ''],
    ['roomcast.v1', 'roomcast.v1'],
    ['other, roomcast.v1', 'roomcast.v1'],
    ['roomcast.v1,other', 'roomcast.v1'],
  ])('offered subprotocols "%s" are answered "%s"', (protocols, protocol) => {
    expect(answerUpgrade({ protocols, origin: '' }, 0, false, open)).toEqual({ kind: 'open', protocol });
  });

  test.each(['other', 'roomcast.v2', 'ROOMCAST.V1', ','])('offered subprotocols "%s" are answered 400', (protocols) => {
    expect(answerUpgrade({ protocols, origin: '' }, 0, false, open)).toMatchObject({ kind: 'refused', status: 400 });
  });

  test('an origin must be listed where there is a list; a client that is no browser has none', () => {
    const ask = (origin: string) => answerUpgrade({ protocols: '', origin }, 0, false, listed);
    expect(ask('https://game.example')).toMatchObject({ kind: 'open' });
    expect(ask('')).toMatchObject({ kind: 'open' });
    expect(ask('https://evil.example')).toMatchObject({ kind: 'refused', status: 403 });
    expect(ask('null')).toMatchObject({ kind: 'refused', status: 403 });
    expect(answerUpgrade({ protocols: '', origin: 'https://any.example' }, 0, false, open)).toMatchObject({
      kind: 'open',
    });
  });

  test('a node that is full or going away answers 503', () => {
    const request = { protocols: 'roomcast.v1', origin: '' };
    expect(answerUpgrade(request, 1, false, open)).toMatchObject({ kind: 'open' });
    expect(answerUpgrade(request, 2, false, open)).toMatchObject({ status: 503, reason: 'this node is full' });
    expect(answerUpgrade(request, 0, true, open)).toMatchObject({ status: 503, reason: 'this node is going away' });
  });
});

describe('keep alive', () => {
  test.each([
    [8_000, 16],
    [30_000, 44],
    [60_000, 76],
    [944_000, 960],
  ])('%i ms of silence need an idle timeout of %i s', (keepAliveMs, timeoutSec) => {
    expect(idleTimeoutSec(keepAliveMs)).toBe(timeoutSec);
  });
});
