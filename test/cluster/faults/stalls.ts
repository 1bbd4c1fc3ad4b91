/**
 * When this process itself stood still: what came meanwhile was noted late, and nothing was sent. Clients that share a
 * process and a machine with all that they measure must not blame the cluster for it.
 */

/** In ms of performance.now(). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export class Stalls {
  readonly #spans: Span[] = [];

  /** A timer was due at `from` and came at `to`. */
  note(span: Span): void {
    if (span.to > span.from) this.#spans.push(span);
  }

  /** The longest one of that time; by default of all. */
  longestMs({ from, to }: Span = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY }): number {
    let longest = 0;
    for (const span of this.#spans) longest = Math.max(longest, Math.min(to, span.to) - Math.max(from, span.from));
    return longest;
  }
}
