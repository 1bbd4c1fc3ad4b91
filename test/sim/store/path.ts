/**
 * The network between one node and the store. Either direction may be cut: what is sent into it waits, as TCP sends
 * again until it is given up, and goes on in order when the path is mended.
 */
export type Way = 'there' | 'back';

export class Path {
  readonly #waiting: Record<Way, (() => void)[] | null> = { there: null, back: null };

  isOpen(way: Way): boolean {
    return this.#waiting[way] === null;
  }

  /** Connections can be made. */
  get isWhole(): boolean {
    return this.isOpen('there') && this.isOpen('back');
  }

  /** Runs `arrive` at the other end, now or when that can be reached again. */
  pass(way: Way, arrive: () => void): void {
    const waiting = this.#waiting[way];
    if (waiting) waiting.push(arrive);
    else arrive();
  }

  cut(way: Way): void {
    this.#waiting[way] ??= [];
  }

  mend(): void {
    for (const way of ['there', 'back'] as const) {
      const waiting = this.#waiting[way] ?? [];
      this.#waiting[way] = null;
      for (const arrive of waiting) arrive();
    }
  }
}
