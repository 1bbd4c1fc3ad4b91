/** Messages of other nodes that came before the room's role was known. Beyond `max` they are lost; the sender asks again. */
export class DeferredMessages {
  readonly #max: number;
  #tasks: (() => void)[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  add(task: () => void): void {
    if (this.#tasks.length < this.#max) this.#tasks.push(task);
  }

  run(): void {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
  }
}
