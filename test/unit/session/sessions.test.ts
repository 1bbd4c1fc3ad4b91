import { describe, expect, test } from 'vitest';
import { must } from '../../../src/base/assert.ts';
import type { Logger } from '../../../src/base/logger.ts';
import { type AccessTokens, noTokens } from '../../../src/session/access-token.ts';
import type { SessionStore } from '../../../src/session/ports.ts';
import { ResumeTokens } from '../../../src/session/resume-token.ts';
import { type Opening, Sessions } from '../../../src/session/sessions.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const TTL_MS = 10_000;

/** A store that a test can silence, and the calls that it got. */
class TestStore implements SessionStore {
  readonly calls: [sid: string, tokenGeneration: number, ttlMs: number][] = [];
  mode: 'works' | 'fails' | 'hangs' = 'works';
  #highest = 0;

  open(sid: string, tokenGeneration: number, ttlMs: number): Promise<number> {
    this.calls.push([sid, tokenGeneration, ttlMs]);
    if (this.mode === 'fails') return Promise.reject(new Error('down'));
    if (this.mode === 'hangs') return new Promise(() => {});
    this.#highest = Math.max(this.#highest, tokenGeneration) + 1;
    return Promise.resolve(this.#highest);
  }
}

function setUp(access: AccessTokens = noTokens) {
  const clock = new VirtualClock();
  const store = new TestStore();
  const warnings: string[] = [];
  const log: Logger = { debug() {}, info() {}, warn: (_, text) => void warnings.push(text), error() {} };
  const resumes = new ResumeTokens('a secret of the tests, 32 characters or more');
  let random = 0;
  const randomBytes = (count: number): Uint8Array => new Uint8Array(count).fill(++random);
  const sessions = new Sessions(store, access, resumes, randomBytes, clock, log, {
    ttlMs: TTL_MS,
    storeTimeoutMs: 2_000,
  });
  return { clock, store, warnings, resumes, sessions };
}

function opened(opening: Opening) {
  if (opening.kind !== 'opened') throw new Error(opening.reason);
  return opening;
}

/** A user is what the token says, as a JWT's sub is. */
const users: AccessTokens = {
  check: (token) => (token === null ? { kind: 'refused', reason: 'a token is needed' } : { kind: 'user', user: token }),
};

describe('a new session', () => {
  test('[P2] of a guest is open at once, without the store', () => {
    const { sessions, store } = setUp();
    const opening = sessions.open(null, null);
    expect(opening).not.toBeInstanceOf(Promise);
    expect(opening).toMatchObject({ kind: 'opened', resumed: false, identity: { generation: 1 } });
    expect(store.calls).toEqual([]);
  });

  test('[P2] has a sid of 128 random bits, and a user from token or sid', async () => {
    const guest = opened(await setUp().sessions.open(null, null)).identity;
    expect(guest).toEqual({ sid: 'AQEBAQEBAQEBAQEBAQEBAQ', user: 'guest:AQEBAQEB', generation: 1 });
    expect(opened(await setUp(users).sessions.open('ada', null)).identity.user).toBe('ada');
  });

  test('[P2] is refused with its token', async () => {
    expect(await setUp(users).sessions.open(null, null)).toEqual({ kind: 'refused', reason: 'a token is needed' });
  });
});

describe('a resumed session', () => {
  test('[P5] keeps sid and user; each resume has a higher generation and a new token', async () => {
    const { sessions, store } = setUp();
    const first = opened(await sessions.open(null, null));
    const second = opened(await sessions.open(null, first.resume));
    expect(second).toMatchObject({ resumed: true, identity: { ...first.identity, generation: 2 } });
    // A client that lost the second WELCOME still has the first token.
    const third = opened(await sessions.open(null, first.resume));
    expect(third.identity.generation).toBe(3);
    expect(new Set([first.resume, second.resume, third.resume]).size).toBe(3);
    expect(store.calls).toEqual([
      [first.identity.sid, 1, TTL_MS],
      [first.identity.sid, 1, TTL_MS],
    ]);
  });

  test('[P5] each WELCOME extends its time', async () => {
    const { sessions, clock } = setUp();
    const first = opened(await sessions.open(null, null));
    clock.advance(TTL_MS - 1);
    const second = opened(await sessions.open(null, first.resume));
    clock.advance(TTL_MS - 1);
    expect(opened(await sessions.open(null, first.resume)).identity.sid).not.toBe(first.identity.sid);
    expect(opened(await sessions.open(null, second.resume)).identity.sid).toBe(first.identity.sid);
  });

  test('[P5] an invalid token is no error: a new session', async () => {
    const { sessions, store } = setUp();
    const opening = opened(await sessions.open(null, 'garbage'));
    expect(opening).toMatchObject({ resumed: false, identity: { generation: 1 } });
    expect(store.calls).toEqual([]);
  });

  test("[P5] another user's token is no error: a new session", async () => {
    const { sessions } = setUp(users);
    const ada = opened(await sessions.open('ada', null));
    const bob = opened(await sessions.open('bob', ada.resume));
    expect(bob).toMatchObject({ resumed: false, identity: { user: 'bob', generation: 1 } });
    expect(bob.identity.sid).not.toBe(ada.identity.sid);
  });

  test('[P5] a session of a user is not open to guests, should tokens be switched off', async () => {
    const { sessions, resumes, clock } = setUp();
    const resume = resumes.sign({ sid: 'AAAAAAAAAAAAAAAAAAAAAA', user: 'ada', generation: 1 }, clock.wall() + 1_000);
    expect(opened(await sessions.open(null, resume)).identity.sid).not.toBe('AAAAAAAAAAAAAAAAAAAAAA');
  });
});

describe('a silent store', () => {
  test('[P5] sessions resume by their tokens alone, said once per outage', async () => {
    const { sessions, store, warnings } = setUp();
    const first = opened(await sessions.open(null, null));
    store.mode = 'fails';
    const second = opened(await sessions.open(null, first.resume));
    expect(second.identity).toEqual({ ...first.identity, generation: 2 });
    const third = opened(await sessions.open(null, second.resume));
    expect(third.identity.generation).toBe(3);
    expect(warnings).toHaveLength(1);
    store.mode = 'works';
    expect(opened(await sessions.open(null, third.resume)).identity.generation).toBe(4);
    store.mode = 'fails';
    await sessions.open(null, third.resume);
    expect(warnings).toHaveLength(2);
  });

  test('[P5] one that never answers is waited for 2 s at most', async () => {
    const { sessions, store, clock } = setUp();
    const first = opened(await sessions.open(null, null));
    store.mode = 'hangs';
    let second: Opening | null = null;
    void Promise.resolve(sessions.open(null, first.resume)).then((opening) => {
      second = opening;
    });
    await clock.run(1_900);
    expect(second).toBeNull();
    await clock.run(200);
    expect(opened(must<Opening>(second, 'an opening')).identity.generation).toBe(2);
    expect(clock.timers).toBe(0);
  });
});
