/** How far a long run is: a bar that is drawn anew on a terminal, a line now and then elsewhere. */
const WIDTH = 30;
const LINE_EVERY_MS = 60_000;

/** What ends the run: so many seeds, or so much time. */
export type Aim = { readonly seeds: number } | { readonly ms: number };

export class Progress {
  readonly #aim: Aim;
  readonly #isQuiet: boolean;
  readonly #startedAt = performance.now();
  #lineAt = LINE_EVERY_MS;
  #hasBar = false;

  constructor(aim: Aim, isQuiet: boolean) {
    this.#aim = aim;
    this.#isQuiet = isQuiet;
  }

  show(seeds: number, broken: number, virtualMs: number): void {
    if (this.#isQuiet) return;
    const ms = performance.now() - this.#startedAt;
    const share = 'ms' in this.#aim ? ms / this.#aim.ms : seeds / this.#aim.seeds;
    const text = `${seeds} seeds, ${broken} broke a rule, ${(virtualMs / 3_600_000).toFixed(1)} virtual hours`;
    if (process.stderr.isTTY) {
      const full = Math.min(WIDTH, Math.round(WIDTH * share));
      process.stderr.write(`\r[${'#'.repeat(full)}${'.'.repeat(WIDTH - full)}] ${text} `);
      this.#hasBar = true;
    } else if (ms >= this.#lineAt) {
      this.#lineAt += LINE_EVERY_MS;
      process.stderr.write(`${(100 * share).toFixed(0)} %: ${text}\n`);
    }
  }

  /** Before something else is written. */
  clear(): void {
    if (this.#hasBar) process.stderr.write('\r\x1b[K');
    this.#hasBar = false;
  }
}
