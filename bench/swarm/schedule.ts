/**
 * When each client sends: every `periodUs`, from a phase of its own, whatever the server does (an open model).
 *
 * The phases are random, so neither the clients of a room nor the sockets in file order send as a burst. All clients
 * have the same period: the order in which they send is the same in every period, and one cursor is enough.
 */
export class Schedule {
  readonly #clients: Uint32Array;
  readonly #phasesUs: Float64Array;
  readonly #periodUs: number;
  #cursor = 0;
  #periodStartUs: number;

  constructor(phasesUs: readonly number[], periodUs: number, startUs: number) {
    const order = phasesUs.map((_, client) => client);
    order.sort((a, b) => (phasesUs[a] ?? 0) - (phasesUs[b] ?? 0) || a - b);
    this.#clients = Uint32Array.from(order);
    this.#phasesUs = Float64Array.from(order, (client) => phasesUs[client] ?? 0);
    this.#periodUs = periodUs;
    this.#periodStartUs = startUs;
  }

  /** The time of the next message; Infinity where there are no clients. */
  get dueUs(): number {
    return this.#periodStartUs + (this.#phasesUs[this.#cursor] ?? Number.POSITIVE_INFINITY);
  }

  /** The index of the client that sends it. */
  get client(): number {
    return this.#clients[this.#cursor] ?? 0;
  }

  advance(): void {
    if (++this.#cursor < this.#clients.length) return;
    this.#cursor = 0;
    this.#periodStartUs += this.#periodUs;
  }
}
