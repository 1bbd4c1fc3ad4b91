import type { ChildProcess } from 'node:child_process';
import type { Vitals } from './vitals.ts';

/** A server whose loop does not come round to an answer within this is asked no longer. */
const ANSWER_WITHIN_MS = 5000;

/** The bench's side of leash.ts: asks one server for its vitals. */
class VitalsChannel {
  readonly #child: ChildProcess;
  #settle: ((vitals: Vitals | null) => void) | null = null;

  constructor(child: ChildProcess) {
    this.#child = child;
    // A server that is gone can not be asked; that it is gone shows elsewhere.
    child.stdin?.on('error', () => {});
    child.once('exit', () => this.#settle?.(null));
  }

  begin(): void {
    this.#child.stdin?.write('begin\n');
  }

  /** Null when the server does not answer. */
  end(): Promise<Vitals | null> {
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#settle?.(null), ANSWER_WITHIN_MS);
      this.#settle = (vitals) => {
        clearTimeout(late);
        this.#settle = null;
        resolve(vitals);
      };
      this.#child.stdin?.write('end\n');
    });
  }

  /** Takes a line of the server's output if it is an answer. */
  took(line: string): boolean {
    if (!line.startsWith('{"msg":"vitals"')) return false;
    this.#settle?.((JSON.parse(line) as { vitals: Vitals | null }).vitals);
    return true;
  }
}

/** The servers that run, by process id: a swarm knows theirs from its plan. */
const channels = new Map<number, VitalsChannel>();

export function openVitals(child: ChildProcess): VitalsChannel {
  const channel = new VitalsChannel(child);
  const { pid } = child;
  if (pid !== undefined) {
    channels.set(pid, channel);
    child.once('exit', () => channels.delete(pid));
  }
  return channel;
}

/** Of these processes those that are servers on a leash: not Redis, not nginx. */
export function vitalsChannels(pids: readonly number[]): VitalsChannel[] {
  return pids.flatMap((pid) => channels.get(pid) ?? []);
}
