/** How often something took how long, as plain numbers: noting one costs a short search and three additions. */
export class Histogram {
  /** Upper ends of the buckets in ms, growing. What is longer counts in the total alone. */
  readonly boundsMs: readonly number[];
  /** Per bucket, those that are in no smaller one. */
  readonly counts: number[];
  #count = 0;
  #sumMs = 0;

  constructor(boundsMs: readonly number[]) {
    this.boundsMs = boundsMs;
    this.counts = boundsMs.map(() => 0);
  }

  get count(): number {
    return this.#count;
  }

  get sumMs(): number {
    return this.#sumMs;
  }

  note(ms: number): void {
    this.#count++;
    this.#sumMs += ms;
    const bucket = this.boundsMs.findIndex((end) => ms <= end);
    if (bucket >= 0) this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
  }
}
