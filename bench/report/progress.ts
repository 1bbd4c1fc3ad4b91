/** One line at the bottom of a terminal that shows how far the bench is; silent where the output is no terminal. */
export class Progress {
  readonly #out: NodeJS.WriteStream;
  #shown = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  /** `share` 0–1 of the whole scenario. */
  show(share: number, text: string): void {
    if (!this.#out.isTTY) return;
    const line = progressLine(share, text).slice(0, this.#out.columns - 1);
    this.#out.write(`\r\x1b[2K${line}`);
    this.#shown = true;
  }

  /** Prints a line that stays. */
  note(text: string): void {
    this.clear();
    this.#out.write(`${text}\n`);
  }

  clear(): void {
    if (this.#shown) this.#out.write('\r\x1b[2K');
    this.#shown = false;
  }
}

const WIDTH = 24;

export function progressLine(share: number, text: string): string {
  const whole = Math.min(1, Math.max(0, share));
  const full = Math.round(whole * WIDTH);
  return `[${'█'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${String(Math.round(whole * 100)).padStart(3)} %  ${text}`;
}
