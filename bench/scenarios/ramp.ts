/**
 * Finds the highest rate that a server holds, in few steps: up by a factor until one fails, then between the two until
 * they are close. Knows nothing of servers: it names the next rate to try from what the earlier ones showed.
 */
export interface RampStep {
  readonly rate: number;
  readonly held: boolean;
}

export interface RampPlan {
  readonly from: number;
  /** The capacity is known once the lowest rate that failed is within this factor of the highest that held. */
  readonly within: number;
}

const UP = 2;
/** Halvings of the first rate; a server that fails at a sixteenth of it has another fault than being slow. */
const DOWN_MAX = 4;

/** The next rate to try, or null when the capacity is known. */
export function nextRate({ from, within }: RampPlan, steps: readonly RampStep[]): number | null {
  if (steps.length === 0) return from;
  const held = highestHeld(steps);
  const failed = lowestFailed(steps);
  if (failed === null) return (held ?? from) * UP;
  if (held === null) return failed <= from / UP ** DOWN_MAX ? null : failed / UP;
  // A geometric middle, so that each step halves the factor that is left.
  return failed / held > within ? Math.sqrt(failed * held) : null;
}

/** The highest rate that held below all that failed; null when none did. */
export function capacityOf(steps: readonly RampStep[]): number | null {
  return highestHeld(steps);
}

function highestHeld(steps: readonly RampStep[]): number | null {
  const failed = lowestFailed(steps) ?? Number.POSITIVE_INFINITY;
  const held = steps.filter((step) => step.held && step.rate < failed).map(({ rate }) => rate);
  return held.length > 0 ? Math.max(...held) : null;
}

function lowestFailed(steps: readonly RampStep[]): number | null {
  const failed = steps.filter((step) => !step.held).map(({ rate }) => rate);
  return failed.length > 0 ? Math.min(...failed) : null;
}
