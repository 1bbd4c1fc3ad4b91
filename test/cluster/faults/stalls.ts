/**
 * When this process itself stood still: what came meanwhile was noted late, and nothing was sent. Clients that share a
 * process and a machine with all that they measure must not blame the cluster for it.
 */

/** In ms of performance.now(). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A timer this late is a busy machine and no stall. */
const LATE_MS = 5;

export class Stalls {
  readonly #spans: Span[] = [];

  /** A timer was due at `from` and came at `to`. */
  note(span: Span): void {
    if (span.to - span.from > LATE_MS) this.#spans.push(span);
  }

  longestMs(): number {
    return Math.max(0, ...this.#spans.map(({ from, to }) => to - from));
  }

  /** How much of a time was stalled. */
  within({ from, to }: Span): number {
    let sum = 0;
    for (const span of this.#spans) sum += Math.max(0, Math.min(to, span.to) - Math.max(from, span.from));
    return sum;
  }
}
