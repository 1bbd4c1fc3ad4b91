import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ResumeTokens } from '../../../src/session/resume-token.ts';

const tokens = new ResumeTokens('the secret of these tests, long enough');
const identity = { sid: 'AAAAAAAAAAAAAAAAAAAAAA', user: 'guest:AAAAAAAA', generation: 7 };
const NOW = 1_763_673_600_000;

describe('resume tokens', () => {
  test('[P5] name session, user and generation on every node with the secret', () => {
    const token = tokens.sign(identity, NOW + 1_000);
    expect(new ResumeTokens('the secret of these tests, long enough').verify(token, NOW)).toEqual(identity);
    expect(token).toMatch(/^[A-Za-z0-9._-]+$/);
  });

  test('[P5] any user name survives, dots and other letters too', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 32, unit: 'grapheme' }), (user) => {
        const token = tokens.sign({ ...identity, user }, NOW + 1);
        expect(tokens.verify(token, NOW)?.user).toBe(user);
      }),
    );
  });

  test('[P5] the longest identity fits what is read', () => {
    const largest = { sid: identity.sid, user: 'u'.repeat(128), generation: Number.MAX_SAFE_INTEGER };
    expect(tokens.verify(tokens.sign(largest, Number.MAX_SAFE_INTEGER), NOW)).toEqual(largest);
  });

  test('[P5] expire at their time', () => {
    const token = tokens.sign(identity, NOW + 1_000);
    expect(tokens.verify(token, NOW + 999)).not.toBeNull();
    expect(tokens.verify(token, NOW + 1_000)).toBeNull();
  });

  test('[P5] of another secret are nothing', () => {
    const other = new ResumeTokens('another secret of these tests, as long');
    expect(other.verify(tokens.sign(identity, NOW + 1_000), NOW)).toBeNull();
  });

  test('[P5] changed anywhere are nothing', () => {
    const token = tokens.sign(identity, NOW + 1_000);
    for (let i = 0; i < token.length; i++) {
      for (const other of ['A', 'B', '.', '0']) {
        if (token[i] !== other) expect(tokens.verify(token.slice(0, i) + other + token.slice(i + 1), NOW)).toBeNull();
      }
      expect(tokens.verify(token.slice(0, i), NOW)).toBeNull();
    }
    expect(tokens.verify(`${token}A`, NOW)).toBeNull();
  });

  test('[P5] garbage is nothing and throws nothing', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400, unit: 'binary' }), (text) => {
        expect(tokens.verify(text, NOW)).toBeNull();
      }),
    );
    for (const text of ['', '.', '....', 'é'.repeat(10_000), '.'.repeat(1_000_000)]) {
      expect(tokens.verify(text, NOW)).toBeNull();
    }
  });
});
