/** Frames that follow HELLO before its session is open (P1), as copies; bounded, since nothing is known of the sender yet. */
export class EarlyFrames {
  readonly frames: Uint8Array[] = [];
  readonly #framesMax: number;
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(framesMax: number, bytesMax: number) {
    this.#framesMax = framesMax;
    this.#bytesMax = bytesMax;
  }

  /** Answers false where there is no room for it. */
  push(frame: Uint8Array): boolean {
    if (this.frames.length >= this.#framesMax || this.#bytes + frame.length > this.#bytesMax) return false;
    this.#bytes += frame.length;
    this.frames.push(frame.slice());
    return true;
  }
}
