/** Random numbers from a seed (mulberry32), so that a failing run names what it drew. */
export type Rng = () => number;

export function newRng(seed: number): Rng {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number in 0..below-1. */
export const drawBelow = (rng: Rng, below: number): number => Math.floor(rng() * below);

export function pick<T>(rng: Rng, from: readonly T[]): T {
  const drawn = from[drawBelow(rng, from.length)];
  if (drawn === undefined) throw new RangeError('nothing to pick from');
  return drawn;
}

export function drawBytes(rng: Rng, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => drawBelow(rng, 256));
}
