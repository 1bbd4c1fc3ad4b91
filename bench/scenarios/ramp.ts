export interface RampOptions {
  /** Times the load before, as long as none has failed. */
  readonly step: number;
  /** Whole loads only. */
  readonly whole: boolean;
  readonly probesMax: number;
}

/**
 * Looks for the highest load that a server sustains, with few probes: up in steps until one fails (or down until one
 * holds), then between the best that held and the lowest that failed.
 */
export class Ramp {
  readonly #from: number;
  readonly #options: RampOptions;
  #probes = 0;
  #held: number | null = null;
  #failed: number | null = null;

  constructor(from: number, options: RampOptions) {
    this.#from = from;
    this.#options = options;
  }

  /** The highest load that held; null where none did. */
  get best(): number | null {
    return this.#held;
  }

  /** What to try next; null when the search is over. */
  next(): number | null {
    const { step, probesMax } = this.#options;
    if (this.#probes >= probesMax) return null;
    const [held, failed] = [this.#held, this.#failed];
    if (held === null) return this.#rounded(failed === null ? this.#from : failed / step, null, failed);
    if (failed === null) return this.#rounded(held * step, held, null);
    return failed / held <= CLOSE ? null : this.#rounded(Math.sqrt(held * failed), held, failed);
  }

  told(load: number, hasHeld: boolean): void {
    this.#probes++;
    if (hasHeld) this.#held = Math.max(load, this.#held ?? 0);
    else this.#failed = Math.min(load, this.#failed ?? load);
  }

  #rounded(load: number, held: number | null, failed: number | null): number | null {
    if (!this.#options.whole) return Number(load.toPrecision(3));
    const whole = Math.round(load);
    return whole < 1 || whole === held || whole === failed ? null : whole;
  }
}

/** Nearer than this, the noise of short probes decides. */
const CLOSE = 1.15;
