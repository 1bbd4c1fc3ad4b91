import { describe, expect, test } from 'vitest';
import { must } from '../../../src/base/assert.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { MemoryStore } from '../../../src/cluster/memory-store.ts';
import { type AccessTokens, noTokens } from '../../../src/session/access-token.ts';
import { MemorySessionStore } from '../../../src/session/memory-session-store.ts';
import type { SessionStore } from '../../../src/session/ports.ts';
import { ResumeTokens } from '../../../src/session/resume-token.ts';
import { type Opening, Sessions } from '../../../src/session/sessions.ts';
import { UNWRITTEN_MAX, UnwrittenGenerations } from '../../../src/session/unwritten-generations.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const TTL_MS = 10_000;

/** A store that a test can silence, and the calls that it got. */
class TestStore implements SessionStore {
  readonly calls: [sid: string, tokenGeneration: number, ttlMs: number][] = [];
  mode: 'works' | 'fails' | 'hangs' = 'works';
  #highest = 0;
  #hung: ((error: Error) => void)[] = [];

  open(sid: string, tokenGeneration: number, ttlMs: number): Promise<number> {
    this.calls.push([sid, tokenGeneration, ttlMs]);
    if (this.mode === 'fails') return Promise.reject(new Error('down'));
    if (this.mode === 'hangs') return new Promise((_, reject) => this.#hung.push(reject));
    this.#highest = Math.max(this.#highest, tokenGeneration) + 1;
    return Promise.resolve(this.#highest);
  }

  /** What hung fails. */
  giveUp(): void {
    for (const reject of this.#hung.splice(0)) reject(new Error('given up'));
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

describe('sessions that were resumed while the store did not answer', () => {
  /** Over the twin in memory, which another node uses, too. */
  function setUpTwin() {
    const clock = new VirtualClock();
    const memory = new MemoryStore(clock);
    const twin = new MemorySessionStore(memory);
    let isAway = false;
    const calls: number[] = [];
    const store: SessionStore = {
      async open(sid, generation, ttlMs) {
        if (isAway) throw new Error('away');
        calls.push(generation);
        return twin.open(sid, generation, ttlMs);
      },
    };
    const resumes = new ResumeTokens('a secret of the tests, 32 characters or more');
    let random = 0;
    const randomBytes = (count: number): Uint8Array => {
      const bytes = new Uint8Array(count);
      new DataView(bytes.buffer).setUint32(0, ++random);
      return bytes;
    };
    const options = { ttlMs: TTL_MS, storeTimeoutMs: 2_000 };
    const node = () => new Sessions(store, noTokens, resumes, randomBytes, clock, silentLogger, options);
    const resume = async (sessions: Sessions, token: string) => opened(await sessions.open(null, token));
    return {
      clock,
      memory,
      node,
      resume,
      calls,
      setAway: (away: boolean) => {
        isAway = away;
      },
    };
  }

  test('[P4] the later of two resumes with one token is the newer one', async () => {
    const { node, resume, setAway } = setUpTwin();
    const sessions = node();
    const { resume: token } = opened(await sessions.open(null, null));
    setAway(true);
    const generations: number[] = [];
    for (let i = 0; i < 3; i++) generations.push((await resume(sessions, token)).identity.generation);
    expect(generations).toEqual([2, 3, 4]);
    setAway(false);
    expect((await resume(sessions, token)).identity.generation).toBe(5);
  });

  test('[P4] the store hears of them when it is back, and other nodes from it', async () => {
    const { clock, node, resume, setAway, memory } = setUpTwin();
    const [here, there] = [node(), node()];
    const { resume: token, identity } = opened(await here.open(null, null));
    setAway(true);
    for (let i = 0; i < 5; i++) await resume(here, token);
    setAway(false);
    here.storeReturned();
    await clock.idle();
    expect(memory.generations.get(identity.sid)).toBe(6);
    expect((await resume(there, token)).identity.generation).toBe(7);
  });

  test('[P4] the first answer of the store is enough to know that it is back', async () => {
    const { clock, node, resume, setAway, memory } = setUpTwin();
    const sessions = node();
    const tokens = Array.from({ length: 3 }, () => sessions.open(null, null)).map((one) => opened(one as Opening));
    setAway(true);
    for (const { resume: token } of tokens) await resume(sessions, token);
    setAway(false);
    await resume(sessions, tokens[0]?.resume ?? '');
    await clock.idle();
    expect(tokens.map(({ identity }) => memory.generations.get(identity.sid))).toEqual([3, 2, 2]);
  });

  test('many are written a few hundred at a time, once, and a store that goes away again gets the rest later', async () => {
    const { clock, node, resume, setAway, memory, calls } = setUpTwin();
    const sessions = node();
    const tokens = Array.from({ length: 1_000 }, () => sessions.open(null, null)).map((one) => opened(one as Opening));
    setAway(true);
    for (const { resume: token } of tokens) await resume(sessions, token);
    setAway(false);
    sessions.storeReturned();
    setAway(true);
    await clock.idle();
    expect(calls).toHaveLength(256);
    setAway(false);
    sessions.storeReturned();
    sessions.storeReturned();
    await clock.idle();
    expect(calls).toHaveLength(1_000);
    for (const { identity } of tokens) expect(memory.generations.get(identity.sid)).toBe(2);
  });

  test('one that the store knows a later connection of takes nothing from it', async () => {
    const { clock, node, resume, setAway } = setUpTwin();
    const [here, there] = [node(), node()];
    const { resume: token } = opened(await here.open(null, null));
    let newest = token;
    for (let i = 0; i < 9; i++) newest = (await resume(there, newest)).resume;
    setAway(true);
    await resume(here, token);
    setAway(false);
    here.storeReturned();
    await clock.idle();
    expect((await resume(there, newest)).identity.generation).toBeGreaterThan(10);
  });

  test('an answer that came too late and the fallback do not give one number twice', async () => {
    const { sessions, store, clock } = setUp();
    const first = opened(await sessions.open(null, null));
    store.mode = 'hangs';
    const openings = [1, 2].map(() => Promise.resolve(sessions.open(null, first.resume)));
    await clock.run(2_100);
    store.giveUp();
    const generations = (await Promise.all(openings)).map((one) => opened(one).identity.generation);
    expect(generations).toEqual([2, 3]);
  });

  test('are bounded: of too many the oldest go by their tokens alone', () => {
    const unwritten = new UnwrittenGenerations({ open: async () => 0 }, TTL_MS);
    for (let i = 0; i <= UNWRITTEN_MAX; i++) unwritten.next(`s${i}`, 5);
    expect(unwritten.size).toBe(UNWRITTEN_MAX);
    expect(unwritten.highest('s0', 5)).toBe(5);
    expect(unwritten.highest('s1', 5)).toBe(6);
  });
});
