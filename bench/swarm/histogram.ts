/**
 * Counts of non-negative integers in buckets whose width grows with the value, as HdrHistogram does it.
 *
 * Values below 128 are exact; above, a bucket spans 1/64 of its power of two, so a percentile is at most 1.6 % too
 * high. Values above 2^31-1 count as 2^31-1. Recording allocates nothing.
 */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;

  record(value: number): void {
    const index = bucketOf(value);
    this.#counts[index] = (this.#counts[index] ?? 0) + 1;
    this.#total++;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
  }

  get total(): number {
    return this.#total;
  }

  /** The smallest bucket end with at least `percent` % of the values at or below it; 0 when nothing was recorded. */
  percentile(percent: number): number {
    const wanted = Math.max(1, Math.ceil((this.#total * percent) / 100));
    let seen = 0;
    for (let index = 0; index < BUCKETS; index++) {
      seen += this.#counts[index] ?? 0;
      if (seen >= wanted) return bucketEnd(index);
    }
    return 0;
  }

  /** Pairs of bucket end and count, rising, buckets in use only. What `add` takes and the results file keeps. */
  pairs(): [number, number][] {
    const pairs: [number, number][] = [];
    this.#counts.forEach((count, index) => {
      if (count > 0) pairs.push([bucketEnd(index), count]);
    });
    return pairs;
  }

  add(pairs: readonly (readonly [number, number])[]): void {
    for (const [value, count] of pairs) {
      const index = bucketOf(value);
      this.#counts[index] = (this.#counts[index] ?? 0) + count;
      this.#total += count;
    }
  }
}

const EXACT = 128;
const PER_OCTAVE = 64;
const VALUE_MAX = 0x7fffffff;
const BUCKETS = EXACT + (31 - 7) * PER_OCTAVE;

function bucketOf(value: number): number {
  const v = value < 0 ? 0 : value > VALUE_MAX ? VALUE_MAX : Math.trunc(value);
  if (v < EXACT) return v;
  const shift = 25 - Math.clz32(v); // keeps 7 significant bits, the first of which is always 1
  return EXACT + (shift - 1) * PER_OCTAVE + ((v >>> shift) - PER_OCTAVE);
}

function bucketEnd(index: number): number {
  if (index < EXACT) return index;
  const shift = Math.floor((index - EXACT) / PER_OCTAVE) + 1;
  const top = PER_OCTAVE + ((index - EXACT) % PER_OCTAVE);
  return (top + 1) * 2 ** shift - 1;
}
