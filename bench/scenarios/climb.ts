/** Sizes for a load that grows until the server breaks. */
export function* doublings(from: number, max: number): Generator<number> {
  for (let size = from; size < max; size *= 2) yield size;
  yield max;
}

/** Above `from`, each larger than the one before by `share` of it, below `below`. */
export function* grown(from: number, share: number, below: number): Generator<number> {
  for (let size = from; size < below; size = Math.max(size + 1, Math.round(size * (1 + share)))) yield size;
}

export interface Step {
  readonly held: boolean;
}

export interface Climbed<T> {
  readonly steps: readonly T[];
  /** The last step that held; null where none did. */
  readonly held: T | null;
  /** The step that ended it; null where all sizes held. */
  readonly broke: T | null;
}

/** Measures size after size until one breaks. A size that breaks once is measured again: a hiccup breaks nothing. */
export async function climb<T extends Step>(
  sizes: Iterable<number>,
  measure: (size: number) => Promise<T>,
): Promise<Climbed<T>> {
  const steps: T[] = [];
  let held: T | null = null;
  for (const size of sizes) {
    let step = await measure(size);
    steps.push(step);
    if (!step.held) {
      step = await measure(size);
      steps.push(step);
    }
    if (!step.held) return { steps, held, broke: step };
    held = step;
  }
  return { steps, held, broke: null };
}
