import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { JwtTokens, noTokens } from '../../../src/session/access-token.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const SECRET = 'a shared secret of 32 characters or more';
const clock = new VirtualClock();
const nowSec = Math.floor(clock.wall() / 1000);
const none = { secret: null, publicKeyPem: null, issuer: null, audience: null };
const hs256 = new JwtTokens(clock, { ...none, secret: SECRET });

interface Claims {
  readonly [name: string]: unknown;
}

function sign(claims: Claims, key: string | KeyObject = SECRET, alg = 'HS256'): Promise<string> {
  const bytes = typeof key === 'string' ? new TextEncoder().encode(key) : key;
  return new SignJWT(claims).setProtectedHeader({ alg }).sign(bytes);
}

describe('no tokens', () => {
  test('[P2] everybody is a guest, whatever comes', () => {
    expect(noTokens.check(null)).toEqual({ kind: 'guest' });
    expect(noTokens.check('x')).toEqual({ kind: 'guest' });
  });
});

describe('JWT', () => {
  test('[P2] a valid HS256 token names its user', async () => {
    expect(await hs256.check(await sign({ sub: 'ada', exp: nowSec + 60 }))).toEqual({ kind: 'user', user: 'ada' });
  });

  test('[P2] a valid EdDSA token names its user', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const eddsa = new JwtTokens(clock, { ...none, publicKeyPem });
    expect(await eddsa.check(await sign({ sub: 'ada' }, privateKey, 'EdDSA'))).toEqual({ kind: 'user', user: 'ada' });
    // The public key is known to all: as an HMAC secret it proves nothing.
    expect(await eddsa.check(await sign({ sub: 'ada' }, publicKeyPem))).toMatchObject({ kind: 'refused' });
    expect(await eddsa.check(await sign({ sub: 'ada' }))).toMatchObject({ kind: 'refused' });
  });

  test.each([
    ['is expired', { sub: 'ada', exp: nowSec - 60 }, 'the token is expired'],
    ['is not valid yet', { sub: 'ada', nbf: nowSec + 60 }, "the token's claim nbf does not pass"],
    ['has no sub', {}, "the token's claim sub does not pass"],
    ['has an empty sub', { sub: '' }, "the token's sub is not a text"],
    ['has a sub of another type', { sub: 7 }, "the token's sub is not a text"],
    ['has a long sub', { sub: 'é'.repeat(65) }, "the token's sub is over 128 bytes"],
  ])('[P2] one that %s is refused', async (_, claims: Claims, reason) => {
    expect(await hs256.check(await sign(claims))).toEqual({ kind: 'refused', reason });
  });

  test('[P2] one of another key, without a signature, or of another algorithm is refused', async () => {
    expect(await hs256.check(await sign({ sub: 'ada' }, `another ${SECRET}`))).toMatchObject({ kind: 'refused' });
    expect(await hs256.check(new UnsecuredJWT({ sub: 'ada' }).encode())).toMatchObject({ kind: 'refused' });
    expect(await hs256.check(await sign({ sub: 'ada' }, SECRET.repeat(2), 'HS512'))).toMatchObject({ kind: 'refused' });
  });

  test('[P2] a missing token, garbage and a huge one are refused', async () => {
    for (const token of [null, '', 'x', 'a.b.c', '.'.repeat(100_000)]) {
      const check = await hs256.check(token);
      expect(check).toMatchObject({ kind: 'refused' });
      if (check.kind === 'refused') expect(check.reason.length).toBeLessThanOrEqual(120);
    }
  });

  test('[P2] issuer and audience must match where they are set', async () => {
    const strict = new JwtTokens(clock, { ...none, secret: SECRET, issuer: 'login', audience: 'game' });
    expect(await strict.check(await sign({ sub: 'ada', iss: 'login', aud: 'game' }))).toMatchObject({ kind: 'user' });
    expect(await strict.check(await sign({ sub: 'ada', iss: 'login' }))).toMatchObject({ kind: 'refused' });
    expect(await strict.check(await sign({ sub: 'ada', iss: 'other', aud: 'game' }))).toMatchObject({
      kind: 'refused',
    });
  });

  test('without any key it can not be made', () => {
    expect(() => new JwtTokens(clock, none)).toThrow('neither a secret nor a public key');
  });
});
