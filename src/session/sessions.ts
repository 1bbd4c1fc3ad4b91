/**
 * Opens the session of a HELLO: a new one, or the one that a resume token proves (P2, P5).
 *
 * A new guest costs neither the store nor a promise. A resumed session asks the store for its generation, one more than
 * any before, so that of two connections the newer one is known on every node. Without the store the token and what this
 * node gave out since have to do; the store is told when it answers again. Only connections to different nodes in the
 * same outage may then be told from each other less surely.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { SessionIdentity } from '../room/ports.ts';
import type { AccessTokens, TokenCheck } from './access-token.ts';
import type { SessionStore } from './ports.ts';
import type { ResumeTokens } from './resume-token.ts';
import { UnwrittenGenerations } from './unwritten-generations.ts';

export type Opening =
  | { readonly kind: 'opened'; readonly identity: SessionIdentity; readonly resume: string; readonly resumed: boolean }
  /** The reason is short and may be told to the client. */
  | { readonly kind: 'refused'; readonly reason: string };

export interface SessionOptions {
  /** How long a session can be resumed after its last WELCOME. */
  readonly ttlMs: number;
  /** How long a HELLO waits for the store at most. */
  readonly storeTimeoutMs: number;
}

const SID_BYTES = 16;

export class Sessions {
  readonly #store: SessionStore;
  readonly #access: AccessTokens;
  readonly #resumes: ResumeTokens;
  readonly #randomBytes: (count: number) => Uint8Array;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #options: SessionOptions;
  readonly #unwritten: UnwrittenGenerations;
  #storeFails = false;

  constructor(
    store: SessionStore,
    access: AccessTokens,
    resumes: ResumeTokens,
    randomBytes: (count: number) => Uint8Array,
    clock: Clock,
    log: Logger,
    options: SessionOptions,
  ) {
    this.#store = store;
    this.#access = access;
    this.#resumes = resumes;
    this.#randomBytes = randomBytes;
    this.#clock = clock;
    this.#log = log;
    this.#options = options;
    this.#unwritten = new UnwrittenGenerations(store, options.ttlMs);
  }

  /** The store may answer again: it hears of the sessions that were resumed without it. */
  storeReturned(): void {
    void this.#unwritten.writeBack();
  }

  /** A promise only where the token or the store needs one; it never rejects for what the client or the store did. */
  open(token: string | null, resume: string | null): Opening | Promise<Opening> {
    const check = this.#access.check(token);
    return check instanceof Promise ? check.then((result) => this.#open(result, resume)) : this.#open(check, resume);
  }

  #open(check: TokenCheck, resume: string | null): Opening | Promise<Opening> {
    if (check.kind === 'refused') return check;
    const known = resume === null ? null : this.#resumes.verify(resume, this.#clock.wall());
    if (known === null) return this.#fresh(check);
    const user = userOf(check, known.sid);
    if (known.user !== user) return this.#fresh(check);
    return this.#nextGeneration(known.sid, known.generation).then((generation) =>
      this.#opened({ sid: known.sid, user, generation }, true),
    );
  }

  #fresh(check: TokenCheck & { kind: 'guest' | 'user' }): Opening {
    const sid = Buffer.from(this.#randomBytes(SID_BYTES)).toString('base64url');
    return this.#opened({ sid, user: userOf(check, sid), generation: 1 }, false);
  }

  #opened(identity: SessionIdentity, resumed: boolean): Opening {
    const resume = this.#resumes.sign(identity, this.#clock.wall() + this.#options.ttlMs);
    return { kind: 'opened', identity, resume, resumed };
  }

  #nextGeneration(sid: string, tokenGeneration: number): Promise<number> {
    const { ttlMs, storeTimeoutMs } = this.#options;
    return new Promise((resolve) => {
      let isDone = false;
      const fallBack = (error: unknown): void => {
        timer.cancel();
        if (isDone) return;
        isDone = true;
        this.#storeFailed(error);
        resolve(this.#unwritten.next(sid, tokenGeneration));
      };
      const timer = this.#clock.after(storeTimeoutMs, () =>
        fallBack(new Error(`no answer within ${storeTimeoutMs} ms`)),
      );
      const highest = this.#unwritten.highest(sid, tokenGeneration);
      this.#store.open(sid, highest, ttlMs).then((generation) => {
        timer.cancel();
        isDone = true;
        this.#storeFails = false;
        this.#unwritten.written(sid, generation);
        // It may come too late for this one; for the others it shows that the store answers.
        resolve(generation);
        void this.#unwritten.writeBack();
      }, fallBack);
    });
  }

  /** Once per outage, not once per client. */
  #storeFailed(error: unknown): void {
    if (this.#storeFails) return;
    this.#storeFails = true;
    this.#log.warn({ error }, 'the session store does not answer; sessions resume by their tokens alone');
  }
}

function userOf(check: TokenCheck & { kind: 'guest' | 'user' }, sid: string): string {
  return check.kind === 'user' ? check.user : `guest:${sid.slice(0, 8)}`;
}
