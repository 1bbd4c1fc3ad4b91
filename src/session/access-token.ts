/** The token of a HELLO (P2): nobody is asked for one, or everybody brings a JWT of the game's own login. */
import { createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { errors, jwtVerify } from 'jose';
import type { Clock } from '../base/clock.ts';

export type TokenCheck =
  /** Anyone may come, under a name made from the session's id. */
  | { readonly kind: 'guest' }
  | { readonly kind: 'user'; readonly user: string }
  /** The reason is short and tells nothing that the client does not know. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface AccessTokens {
  check(token: string | null): TokenCheck | Promise<TokenCheck>;
}

/** No tokens: everybody is a guest, whatever token comes. */
export const noTokens: AccessTokens = { check: () => ({ kind: 'guest' }) };

export interface JwtOptions {
  /** For HS256; null: such tokens are refused. */
  readonly secret: string | null;
  /** For EdDSA, an Ed25519 public key in PEM; null: such tokens are refused. */
  readonly publicKeyPem: string | null;
  /** Where not null, tokens must carry this `iss`. */
  readonly issuer: string | null;
  /** Where not null, tokens must carry this `aud`. */
  readonly audience: string | null;
}

/** A user's name travels in each roster. */
const USER_BYTES_MAX = 128;
const TOKEN_CHARS_MAX = 8_192;
/** Clocks of the login server and of this node may differ by that much. */
const CLOCK_TOLERANCE_SEC = 5;

export class JwtTokens implements AccessTokens {
  readonly #keys = new Map<string, KeyObject>();
  readonly #clock: Clock;
  readonly #options: JwtOptions;

  constructor(clock: Clock, options: JwtOptions) {
    this.#clock = clock;
    this.#options = options;
    // One key per algorithm: a public key must never be taken for an HMAC secret.
    if (options.secret !== null) this.#keys.set('HS256', createSecretKey(Buffer.from(options.secret, 'utf8')));
    if (options.publicKeyPem !== null) this.#keys.set('EdDSA', createPublicKey(options.publicKeyPem));
    if (this.#keys.size === 0) throw new Error('JwtTokens: neither a secret nor a public key is given');
  }

  check(token: string | null): TokenCheck | Promise<TokenCheck> {
    if (token === null) return refused('a token is needed');
    if (token.length > TOKEN_CHARS_MAX) return refused(`the token is over ${TOKEN_CHARS_MAX} characters`);
    return this.#verify(token);
  }

  async #verify(token: string): Promise<TokenCheck> {
    const { issuer, audience } = this.#options;
    try {
      const { payload } = await jwtVerify(token, ({ alg }) => this.#key(alg), {
        algorithms: [...this.#keys.keys()],
        currentDate: new Date(this.#clock.wall()),
        clockTolerance: CLOCK_TOLERANCE_SEC,
        requiredClaims: ['sub'],
        ...(issuer === null ? {} : { issuer }),
        ...(audience === null ? {} : { audience }),
      });
      return userFrom(payload.sub);
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  #key(alg: string): KeyObject {
    const key = this.#keys.get(alg);
    if (key === undefined) throw new errors.JOSEAlgNotAllowed('alg');
    return key;
  }
}

function userFrom(sub: unknown): TokenCheck {
  if (typeof sub !== 'string' || sub === '') return refused("the token's sub is not a text");
  if (Buffer.byteLength(sub) > USER_BYTES_MAX) return refused(`the token's sub is over ${USER_BYTES_MAX} bytes`);
  return { kind: 'user', user: sub };
}

/** Which check failed, so that a game's developer finds it; never what the right value would be. */
function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'the token is expired';
  if (error instanceof errors.JWTClaimValidationFailed)
    return `the token's claim ${error.claim} does not pass`.slice(0, 120);
  if (error instanceof errors.JOSEAlgNotAllowed) return "the token's algorithm is not accepted here";
  return 'the token is not valid';
}

function refused(reason: string): TokenCheck {
  return { kind: 'refused', reason };
}
