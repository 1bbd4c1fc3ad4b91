import type { Logger } from '../base/logger.ts';

/** How long one kind of refusal is not logged again: a Redis without memory refuses everything. */
const LOG_AGAIN_MS = 60_000;
/** Kinds remembered; a kind is the first word of Redis' answer. */
const KINDS_MAX = 32;

export interface RefusalView {
  /** Calls refused so far. */
  readonly count: number;
  /** What Redis said last, and how long ago; null before the first. */
  readonly last: string | null;
  readonly lastMsAgo: number | null;
}

/** Calls that Redis answered with an error although the connection works: out of memory, another kind of key, a right that is missing. */
export class Refusals {
  readonly #log: Logger;
  readonly #loggedAt = new Map<string, number>();
  #count = 0;
  #last: { readonly text: string; readonly at: number } | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  get view(): RefusalView {
    const last = this.#last;
    return {
      count: this.#count,
      last: last?.text ?? null,
      lastMsAgo: last && Math.round(performance.now() - last.at),
    };
  }

  note(text: string): void {
    const at = performance.now();
    this.#count++;
    this.#last = { text, at };
    const [kind = ''] = text.split(' ', 1);
    const before = this.#loggedAt.get(kind);
    if (before !== undefined && at - before < LOG_AGAIN_MS) return;
    if (before === undefined && this.#loggedAt.size >= KINDS_MAX) return;
    this.#loggedAt.set(kind, at);
    this.#log.warn({ reason: text }, 'Redis refuses calls');
  }
}
