/**
 * One node's connection to the store: calls arrive in order, each after a while, and so do the answers. It can be slow,
 * hang, or break: then every call under way fails, whether the store had done it or not, and later ones fail at once,
 * as those of `redis/` do.
 */
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import { Line } from './line.ts';
import type { ProcessClock } from './process-clock.ts';
import type { Trace } from './trace.ts';

/** With calls under way and no answer for this long, the connection is given up. */
const TIMEOUT_MS = 2_000;

type Ended = { readonly value: unknown } | { readonly error: unknown };

interface Call {
  readonly what: string;
  readonly execute: () => Promise<unknown>;
  readonly end: (ended: Ended) => void;
  /** The store has done it; the answer may be on its way. */
  isDone: boolean;
}

export class StoreLine {
  latencyMaxMs: number;
  readonly #name: string;
  readonly #clock: VirtualClock;
  readonly #process: ProcessClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #there: Line;
  readonly #back: Line;
  readonly #underWay = new Set<Call>();
  readonly #listeners: ((isUp: boolean) => void)[] = [];
  #state: 'up' | 'hung' | 'down' = 'up';
  /** Arrived while the store hung. */
  #stuck: Call[] = [];
  /** Sent before the connection broke; the store still gets them. */
  #late: Call[] = [];
  #answeredAt = 0;
  #broken = 0;

  constructor(
    name: string,
    clock: VirtualClock,
    process: ProcessClock,
    dice: Dice,
    trace: Trace,
    latencyMaxMs: number,
  ) {
    this.#name = name;
    this.#clock = clock;
    this.#process = process;
    this.#dice = dice;
    this.#trace = trace;
    this.#there = new Line(clock);
    this.#back = new Line(clock);
    this.latencyMaxMs = latencyMaxMs;
  }

  /** What the node's client believes. */
  get isUp(): boolean {
    return this.#state !== 'down';
  }

  onChange(listener: (isUp: boolean) => void): void {
    this.#listeners.push(listener);
  }

  call<T>(what: string, execute: () => Promise<T>): Promise<T> {
    if (this.#state === 'down') return Promise.reject(new Error('the store is away'));
    return new Promise<T>((resolve, reject) => {
      const call: Call = {
        what,
        execute,
        isDone: false,
        end: (ended) => {
          // A process that is gone learns nothing any more.
          if (!this.#underWay.delete(call) || !this.#process.isAlive) return;
          this.#answeredAt = this.#clock.now();
          if ('error' in ended) reject(ended.error);
          else resolve(ended.value as T);
        },
      };
      if (this.#underWay.size === 0) this.#answeredAt = this.#clock.now();
      this.#underWay.add(call);
      this.#there.send(this.#delayMs(), () => this.#arrive(call));
    });
  }

  /** The store takes calls and answers none. */
  hang(): void {
    if (this.#state !== 'up') return;
    this.#state = 'hung';
    this.#watchHang();
  }

  break(): void {
    if (this.#state === 'down') return;
    this.#state = 'down';
    this.#broken++;
    const calls = [...this.#underWay];
    // What the store still gets is a beginning of what was sent, in order.
    let delivered = this.#dice.int(0, calls.length);
    const last = new Line(this.#clock);
    this.#there.cut();
    this.#back.cut();
    this.#stuck = [];
    this.#tell();
    for (const call of calls) {
      if (delivered-- > 0 && !call.isDone) {
        this.#late.push(call);
        last.send(this.#delayMs(), () => {
          if (!call.isDone) this.#run(call);
        });
      }
      this.#trace.step(this.#name, 'store-lost', () => call.what);
      call.end({ error: new Error('the connection to the store broke') });
    }
  }

  mend(): void {
    const before = this.#state;
    if (before === 'up') return;
    this.#state = 'up';
    // A connection is up when the store has answered on it; by then it has served what came on the one before.
    for (const call of this.#late) if (!call.isDone) this.#run(call);
    this.#late = [];
    const stuck = this.#stuck;
    this.#stuck = [];
    for (const call of stuck) this.#arrive(call);
    if (before === 'down') this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener(this.isUp);
  }

  #arrive(call: Call): void {
    if (this.#state === 'hung') {
      this.#stuck.push(call);
      return;
    }
    const { end } = call;
    const broken = this.#broken;
    this.#run(call, (ended) => {
      if (broken === this.#broken) this.#back.send(this.#delayMs(), () => end(ended));
    });
  }

  #run(call: Call, answer: (ended: Ended) => void = () => {}): void {
    this.#trace.step(this.#name, 'store', () => call.what);
    call.isDone = true;
    call.execute().then(
      (value) => answer({ value }),
      (error: unknown) => answer({ error }),
    );
  }

  #watchHang(): void {
    if (this.#state !== 'hung') return;
    if (this.#underWay.size > 0 && this.#clock.now() - this.#answeredAt >= TIMEOUT_MS) this.break();
    else this.#clock.after(100, () => this.#watchHang());
  }

  #delayMs(): number {
    return this.#dice.next() * this.latencyMaxMs;
  }
}
