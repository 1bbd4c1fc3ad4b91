/**
 * Looks for the highest load that a server sustains, with few probes: up in steps until one fails (or down until one
 * holds), then between the best that held and the lowest that failed.
 */
export class Ramp {
  readonly #from: number;
  readonly #whole: boolean;
  readonly #probesMax: number;
  #probes = 0;
  #held: number | null = null;
  #failed: number | null = null;

  constructor(from: number, { whole, probesMax }: { whole: boolean; probesMax: number }) {
    this.#from = from;
    this.#whole = whole;
    this.#probesMax = probesMax;
  }

  /** The highest load that held; null where none did. */
  get best(): number | null {
    return this.#held;
  }

  /** What to try next; null when the search is over. */
  next(): number | null {
    if (this.#probes >= this.#probesMax) return null;
    const [held, failed] = [this.#held, this.#failed];
    if (held === null) return this.#rounded(failed === null ? this.#from : failed / STEP, null, failed);
    if (failed === null) return this.#rounded(held * STEP, held, null);
    return failed / held <= CLOSE ? null : this.#rounded(Math.sqrt(held * failed), held, failed);
  }

  told(load: number, hasHeld: boolean): void {
    this.#probes++;
    if (hasHeld) this.#held = Math.max(load, this.#held ?? 0);
    else this.#failed = Math.min(load, this.#failed ?? load);
  }

  #rounded(load: number, held: number | null, failed: number | null): number | null {
    if (!this.#whole) return Number(load.toPrecision(3));
    const whole = Math.round(load);
    return whole < 1 || whole === held || whole === failed ? null : whole;
  }
}

const STEP = 1.5;
/** Nearer than this, the noise of short probes decides. */
const CLOSE = 1.15;
