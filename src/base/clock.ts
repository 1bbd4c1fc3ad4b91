/**
 * Time and deferred work, as a port: the real one below runs a node, the simulator brings a virtual one.
 * Rooms, cluster and SDK take it through their constructors and never touch timers themselves.
 */
export interface Clock {
  /** Milliseconds on a scale that never steps back; for deadlines and rates. */
  now(): number;
  /** Wall time in ms since 1970, which an operator may step; for tokens, PONG and logs only. */
  wall(): number;
  /** Runs `task` once after `ms`. */
  after(ms: number, task: () => void): Timer;
  /** Runs `task` every `ms` until cancelled. */
  every(ms: number, task: () => void): Timer;
  /** Runs `task` once at the end of this event-loop turn. */
  soon(task: () => void): void;
}

export interface Timer {
  cancel(): void;
}
