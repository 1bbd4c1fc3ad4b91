/**
 * The resume token: what proves a session on any node that has the same secret. It is signed, not encrypted, and kept
 * by the client:
 *
 *   sid . generation . expiry . user . mac        numbers in base 36, user and mac in base64url
 *
 * The mac is HMAC-SHA256 over all before it and a prefix of its own, so that no other signature by the secret passes.
 */
import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SessionIdentity } from '../room/ports.ts';

const PURPOSE = 'roomcast resume 1\n';
/** sid 22, two numbers of at most 11, user 128 bytes, mac 43, and dots make 262; longer ones are not ours. */
const CHARS_MAX = 320;
const SID = /^[A-Za-z0-9_-]{22}$/;
const NUMBER = /^[0-9a-z]{1,11}$/;

export class ResumeTokens {
  readonly #key: KeyObject;

  constructor(secret: string) {
    this.#key = createSecretKey(Buffer.from(secret, 'utf8'));
  }

  /** `expiresAt` is in wall ms. */
  sign(identity: SessionIdentity, expiresAt: number): string {
    const user = Buffer.from(identity.user, 'utf8').toString('base64url');
    const expiry = Math.floor(expiresAt).toString(36);
    const body = `${identity.sid}.${identity.generation.toString(36)}.${expiry}.${user}`;
    return `${body}.${this.#mac(body)}`;
  }

  /** Whom the token names, or null where it is expired, of another secret, or anything else (P5). */
  verify(token: string, wallNow: number): SessionIdentity | null {
    if (token.length > CHARS_MAX) return null;
    const bodyEnd = token.lastIndexOf('.');
    if (bodyEnd === -1) return null;
    const body = token.slice(0, bodyEnd);
    if (!equal(token.slice(bodyEnd + 1), this.#mac(body))) return null;
    const [sid = '', generation = '', expiry = '', user = ''] = body.split('.');
    // What is signed by the secret may still come from another version of this code.
    if (!SID.test(sid) || !NUMBER.test(generation) || !NUMBER.test(expiry)) return null;
    if (Number.parseInt(expiry, 36) <= wallNow) return null;
    const name = Buffer.from(user, 'base64url').toString('utf8');
    return name === '' ? null : { sid, user: name, generation: Number.parseInt(generation, 36) };
  }

  #mac(body: string): string {
    return createHmac('sha256', this.#key).update(PURPOSE).update(body).digest('base64url');
  }
}

function equal(given: string, expected: string): boolean {
  const a = Buffer.from(given, 'utf8');
  const b = Buffer.from(expected, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}
