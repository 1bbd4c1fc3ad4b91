/**
 * How a message of another node waits. `asks`: by itself; where too many wait its sender is told. `follows`: only behind
 * others, since alone it means nothing. `attaches` and `ends` are as these, but fewer, and cost more when they are lost.
 */
export type Waiting = 'asks' | 'follows' | 'attaches' | 'ends';

/** Messages of other nodes that came before the room's role was known: `max`, and as many again that cost more. */
export class DeferredMessages {
  readonly #max: number;
  #tasks: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  /** False where too many wait. */
  add(task: () => void, waiting: Waiting): boolean {
    if ((waiting === 'follows' || waiting === 'ends') && this.isEmpty) return true;
    const max = waiting === 'asks' || waiting === 'follows' ? this.#max : 2 * this.#max;
    if (this.#tasks.length >= max) return false;
    this.#tasks.push(task);
    return true;
  }

  run(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}
