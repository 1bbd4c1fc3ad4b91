/**
 * Keeps the parts of one cluster: starts each and waits until it works, starts it again when it dies, stops all.
 *
 * Every process is in processes.json before anything is waited for, and is ended by its whole group, so that nothing
 * outlives the cluster: not on a failed start, not when this process exits without a word.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClusterFiles } from './files.ts';
import type { Part } from './part.ts';
import { groupLives, type ProcessIdentity, signalGroup } from './process-table.ts';

export const RESTART_AFTER_MS = 3_000;
/** A part that takes longer to come up has failed. */
export const READY_WITHIN_MS = 30_000;
/** A part that takes longer to end after SIGTERM is killed: longer than a node drains and stops (DRAIN_TIMEOUT_MS). */
export const END_WITHIN_MS = 45_000;
const LOOK_AGAIN_MS = 50;
/** No node is ready sooner. */
const STARTED_AFTER_MS = 300;
const PEACE = 'exit code 0';
const LOG_TAIL_LINES = 20;

export interface SupervisorOptions {
  readonly supervisor: ProcessIdentity;
  readonly restart: boolean;
  readonly keep: boolean;
  /** Something happened that a person at the terminal may want to read. */
  readonly onEvent: (text: string) => void;
  /** A part runs as another process now. */
  readonly onChange: () => void;
}

export class Supervisor {
  readonly #files: ClusterFiles;
  readonly #options: SupervisorOptions;
  readonly #parts: Part[] = [];
  readonly #stopping = new AbortController();
  #stopped: Promise<void> | null = null;
  readonly #killAll = (): void => {
    for (const part of this.#parts) if (part.identity !== null) signalGroup(part.identity, 'SIGKILL');
    this.#files.remove(this.#options.keep);
  };

  constructor(files: ClusterFiles, options: SupervisorOptions) {
    this.#files = files;
    this.#options = options;
    process.once('exit', this.#killAll);
  }

  /** Starts the part and settles when it works; rejects with the end of its log when it does not. */
  async start(part: Part): Promise<void> {
    this.#stopping.signal.throwIfAborted();
    this.#parts.push(part);
    this.#launch(part);
    const failure = await this.#waitUntilReady(part);
    if (failure !== null) throw new Error(`${part.plan.name} did not start: ${failure}${this.#logTail(part)}`);
    this.#watch(part);
  }

  /** Stops all parts, the ones started last first, and removes the files. Any number of calls, one stop. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#stopping.abort(new Error('the cluster is being stopped'));
    // nginx would answer 502 for nodes that are gone; nodes need Redis to leave in order. So: nodes, nginx, Redis.
    const order = ['node', 'nginx', 'redis'];
    for (const kind of order) {
      const parts = this.#parts.filter((part) => part.plan.name.startsWith(kind));
      await Promise.all(parts.map((part) => endGroup(part.identity)));
    }
    process.removeListener('exit', this.#killAll);
    this.#files.remove(this.#options.keep);
  }

  #launch(part: Part): void {
    part.start();
    this.#files.writeProcesses({
      supervisor: this.#options.supervisor,
      keep: this.#options.keep,
      restart: this.#options.restart,
      parts: this.#parts.map(({ identity }) => identity).filter((identity) => identity !== null),
    });
  }

  /** null when it is ready; else what went wrong. */
  async #waitUntilReady(part: Part): Promise<string | null> {
    let end: string | null = null;
    void part.ended.then((reason) => {
      end = reason;
    });
    const deadline = performance.now() + READY_WITHIN_MS;
    while (performance.now() < deadline) {
      if (this.#stopping.signal.aborted) return 'stopped';
      if (end !== null) return end;
      if ((await part.plan.isReady()) && part.runs) return null;
      await pause(LOOK_AGAIN_MS);
    }
    return `not ready after ${READY_WITHIN_MS / 1000} s`;
  }

  #watch(part: Part): void {
    void part.ended.then((reason) => this.#mourn(part, reason)).catch((cause) => this.#options.onEvent(String(cause)));
  }

  async #mourn(part: Part, reason: string): Promise<void> {
    const { signal } = this.#stopping;
    if (signal.aborted) return;
    // Workers of a killed nginx would keep its port.
    if (part.identity !== null) signalGroup(part.identity, 'SIGKILL');
    if (!this.#options.restart) {
      this.#options.onEvent(`${part.plan.name} ended (${reason}) and stays so (--no-restart)`);
      return;
    }
    // One that ends in peace was asked to (`cluster:roll`); one that does so soon after its start would do it again.
    const isAtOnce = reason === PEACE && part.ranMs >= STARTED_AFTER_MS;
    const when = isAtOnce ? '' : ` in ${RESTART_AFTER_MS / 1000} s`;
    this.#options.onEvent(`${part.plan.name} ended (${reason}), starts again${when}`);
    if (!isAtOnce) await pause(RESTART_AFTER_MS, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    this.#launch(part);
    this.#options.onChange();
    this.#watch(part);
    const failure = await this.#waitUntilReady(part);
    if (failure === null) this.#options.onEvent(`${part.plan.name} runs again (pid ${part.identity?.pid})`);
  }

  #logTail(part: Part): string {
    const lines = readFileSync(part.plan.logPath, 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    return lines.join('') === '' ? '' : `\n  ${lines.join('\n  ')}`;
  }
}

/** Asks the process group to end, and makes it. */
export async function endGroup(identity: ProcessIdentity | null): Promise<void> {
  if (identity === null) return;
  signalGroup(identity, 'SIGTERM');
  const deadline = performance.now() + END_WITHIN_MS;
  while (groupLives(identity)) {
    if (performance.now() >= deadline) signalGroup(identity, 'SIGKILL');
    await pause(LOOK_AGAIN_MS);
  }
}
