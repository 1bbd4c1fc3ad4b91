import type { Clock } from '../base/clock.ts';

// Parameters of a function type: `never[]` admits handlers of any signature.
type Handler = (...args: never[]) => void;

/** Listeners by name. One that throws stops neither the others nor the SDK: its error is thrown on, uncaught, by itself. */
export class Emitter {
  readonly #clock: Clock;
  readonly #handlers = new Map<string, readonly Handler[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Answers a call that removes the handler again. */
  on(name: string, handler: Handler): () => void {
    this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
    return () => this.off(name, handler);
  }

  off(name: string, handler: Handler): void {
    const left = (this.#handlers.get(name) ?? []).filter((h) => h !== handler);
    if (left.length === 0) this.#handlers.delete(name);
    else this.#handlers.set(name, left);
  }

  has(name: string): boolean {
    return this.#handlers.has(name);
  }

  emit(name: string, ...args: readonly unknown[]): void {
    for (const handler of this.#handlers.get(name) ?? []) {
      try {
        (handler as (...args: readonly unknown[]) => void)(...args);
      } catch (error) {
        this.#clock.soon(() => {
          throw error;
        });
      }
    }
  }
}
