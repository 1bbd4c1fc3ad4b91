/**
 * Calls that wait for their answers on one connection. Redis answers in order, so the oldest is the one to watch: one
 * timer for all of them.
 */
export class InFlight {
  readonly #timeoutMs: number;
  readonly #onLate: () => void;
  /** When each was sent, oldest first, from `#head` on. */
  #sentAt: number[] = [];
  #head = 0;
  #timer: NodeJS.Timeout | null = null;

  /** `onLate` is called when the oldest has waited for `timeoutMs`. */
  constructor(timeoutMs: number, onLate: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onLate = onLate;
  }

  get count(): number {
    return this.#sentAt.length - this.#head;
  }

  sent(): void {
    this.#sentAt.push(performance.now());
    if (this.#timer === null) this.#watch(this.#timeoutMs);
  }

  /** The oldest one has its answer, or never gets one. Returns how long it waited. */
  ended(): number {
    const now = performance.now();
    const waitedMs = now - (this.#sentAt[this.#head] ?? now);
    this.#head++;
    if (this.#head < this.#sentAt.length) {
      // The ended ones go when they are the larger part, so that each is moved about once.
      if (this.#head < 1024 || this.#head * 2 < this.#sentAt.length) return waitedMs;
      this.#sentAt = this.#sentAt.slice(this.#head);
      this.#head = 0;
      return waitedMs;
    }
    this.#sentAt.length = 0;
    this.#head = 0;
    return waitedMs;
  }

  #watch(ms: number): void {
    // After a pause of this process the answers are there, unread: they are read before the immediate runs.
    this.#timer = setTimeout(() => setImmediate(() => this.#look()), ms);
  }

  #look(): void {
    this.#timer = null;
    const oldest = this.#sentAt[this.#head];
    if (oldest === undefined) return;
    const leftMs = oldest + this.#timeoutMs - performance.now();
    if (leftMs > 0) this.#watch(leftMs);
    else this.#onLate();
  }
}
