/** A source of random numbers in [0, 1), as a port, so that a simulated run can be replayed by its seed. */
export interface Rng {
  next(): number;
}

export const systemRng: Rng = { next: () => Math.random() };

/** A small seeded generator (mulberry32: 32 bits of state, enough for jitter and fault schedules). */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}
